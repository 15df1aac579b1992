#include "controller/leader_decisions.h"

#include <algorithm>

#include <fmt/format.h>

namespace odradek::controller {

namespace {

using metadata::PartitionImage;
using metadata::TopicImage;
using protocol::ErrorCode;
using Response = protocol::ElectLeadersResponse;

enum class ElectionType : int8_t { Preferred = 0, Unclean = 1 };

bool contains(const std::vector<NodeId>& nodes, NodeId node) { return std::ranges::find(nodes, node) != nodes.end(); }

bool may_lead(const ClusterState& state, NodeId node) {
  const metadata::BrokerImage* broker = state.image().broker(node);
  return broker != nullptr && broker->may_lead();
}

protocol::PartitionChangeRecord change_of(const TopicImage& topic, int32_t index) {
  protocol::PartitionChangeRecord record;
  record.topic_id = topic.id.uuid();
  record.partition_id = index;
  return record;
}

std::vector<int32_t> raw(const std::vector<NodeId>& nodes) {
  std::vector<int32_t> result;
  for (const NodeId node : nodes) {
    result.push_back(node.raw());
  }
  return result;
}

// Names the leader and whoever else is in sync; eligible leaders only where they change.
void name_leader(protocol::PartitionChangeRecord& record, const PartitionImage& partition, NodeId leader,
                 const std::vector<NodeId>& isr) {
  record.leader = leader.raw();
  if (isr != partition.isr) {
    record.isr = raw(isr);
  }
  if (!partition.eligible_leader_replicas.empty()) {
    record.eligible_leader_replicas.emplace();
  }
  if (!partition.last_known_elr.empty()) {
    record.last_known_elr.emplace();
  }
}

Refusal elect_preferred(const ClusterState& state, const TopicImage& topic, int32_t index,
                        const PartitionImage& partition, RecordList& records) {
  const NodeId preferred = partition.replicas.empty() ? no_node : partition.replicas.front();
  if (partition.leader == preferred) {
    return {.code = ErrorCode::ElectionNotNeeded, .message = {}};
  }
  if (!contains(partition.isr, preferred) || !may_lead(state, preferred)) {
    return {.code = ErrorCode::PreferredLeaderNotAvailable, .message = {}};
  }
  auto record = change_of(topic, index);
  record.leader = preferred.raw();
  records.add(record);
  return {};
}

Refusal elect_unclean(const ClusterState& state, const TopicImage& topic, int32_t index,
                      const PartitionImage& partition, RecordList& records) {
  if (partition.leader != no_node) {
    return {.code = ErrorCode::ElectionNotNeeded, .message = {}};
  }
  const auto leader =
      std::ranges::find_if(partition.replicas, [&](NodeId replica) { return may_lead(state, replica); });
  if (leader == partition.replicas.end()) {
    return {.code = ErrorCode::EligibleLeadersNotAvailable, .message = {}};
  }
  auto record = change_of(topic, index);
  const bool is_clean = contains(partition.isr, *leader) || contains(partition.eligible_leader_replicas, *leader);
  name_leader(record, partition, *leader, {*leader});
  if (!is_clean) {
    record.leader_recovery_state = static_cast<int8_t>(metadata::LeaderRecovery::Recovering);
  }
  records.add(record);
  return {};
}

Refusal elect(const ClusterState& state, std::string_view name, int32_t index, ElectionType type, RecordList& records) {
  const TopicImage* topic = state.image().topic(name);
  if (topic == nullptr) {
    return {.code = ErrorCode::UnknownTopicOrPartition, .message = fmt::format("No such topic as {}", name)};
  }
  const PartitionImage* partition = topic->partition(PartitionIndex(index));
  if (partition == nullptr) {
    return {.code = ErrorCode::UnknownTopicOrPartition,
            .message = fmt::format("No such partition as {}-{}", name, index)};
  }
  return type == ElectionType::Preferred ? elect_preferred(state, *topic, index, *partition, records)
                                         : elect_unclean(state, *topic, index, *partition, records);
}

// The directories that the broker's registration makes of what the partition says; nothing when that is right.
std::optional<std::vector<Uuid>> mended_directories(const metadata::BrokerImage& broker,
                                                    const PartitionImage& partition) {
  const DirectoryId said = partition.directory_of(broker.id);
  const bool is_known = std::ranges::find(broker.directories, said) != broker.directories.end();
  if (is_known || broker.directories.empty()) {
    return std::nullopt;
  }
  const DirectoryId right = broker.directories.size() == 1 ? broker.directories.front() : directory_unassigned;
  if (said == right) {
    return std::nullopt;
  }
  std::vector<Uuid> result;
  for (const NodeId replica : partition.replicas) {
    result.push_back(replica == broker.id ? right.uuid() : partition.directory_of(replica).uuid());
  }
  return result;
}

template <typename Visit>
void for_each_partition_on(const ClusterState& state, NodeId broker, const Visit& visit) {
  for (const TopicImage* topic : state.image().topics_by_name()) {
    for (int32_t index = 0; index < topic->partition_count(); ++index) {
      const PartitionImage* partition = topic->partition(PartitionIndex(index));
      if (partition != nullptr && contains(partition->replicas, broker)) {
        visit(*topic, index, *partition);
      }
    }
  }
}

}  // namespace

machine::Decision<Response> elect_leaders(const ClusterState& state, const protocol::ElectLeadersRequest& request) {
  Response response;
  if (request.election_type < 0 || request.election_type > 1) {
    response.error_code = static_cast<int16_t>(ErrorCode::InvalidRequest);
    return {.records = {}, .reply = std::move(response)};
  }
  const auto type = static_cast<ElectionType>(request.election_type);
  RecordList records(state);
  const auto answer = [](auto& topic, int32_t index, const Refusal& why) {
    auto& result = topic.partition_result.emplace_back();
    result.partition_id = index;
    result.error_code = why.raw_code();
    result.error_message.reset();
    if (!why.message.empty()) {
      result.error_message = protocol::Text(why.message);
    }
  };
  if (request.topic_partitions) {
    for (const auto& wanted : *request.topic_partitions) {
      auto& topic = response.replica_election_results.emplace_back();
      topic.topic = wanted.topic;
      for (const int32_t index : wanted.partitions) {
        answer(topic, index, elect(state, wanted.topic, index, type, records));
      }
    }
    return {.records = std::move(records).take(), .reply = std::move(response)};
  }
  // All partitions: those that need no election are not mentioned.
  for (const TopicImage* topic : state.image().topics_by_name()) {
    Response::ReplicaElectionResult results;
    for (int32_t index = 0; index < topic->partition_count(); ++index) {
      const Refusal why = elect(state, topic->name, index, type, records);
      if (why.code != ErrorCode::ElectionNotNeeded) {
        answer(results, index, why);
      }
    }
    if (!results.partition_result.empty()) {
      results.topic = protocol::Text(topic->name);
      response.replica_election_results.push_back(std::move(results));
    }
  }
  return {.records = std::move(records).take(), .reply = std::move(response)};
}

RecordList elections_for_arrival(const ClusterState& state, NodeId broker) {
  RecordList records(state);
  const metadata::BrokerImage* image = state.image().broker(broker);
  ensure(image != nullptr, "a broker that arrives is registered");
  for_each_partition_on(state, broker, [&](const TopicImage& topic, int32_t index, const PartitionImage& partition) {
    auto record = change_of(topic, index);
    const bool is_alone = partition.replicas.size() == 1;
    const bool is_eligible = contains(partition.isr, broker) || contains(partition.eligible_leader_replicas, broker);
    const bool leads = is_alone || (is_eligible && partition.leader == no_node);
    if (leads) {
      const std::vector<NodeId> isr = contains(partition.isr, broker) ? partition.isr : std::vector<NodeId>{broker};
      name_leader(record, partition, broker, isr);
      if (is_alone && partition.recovery == metadata::LeaderRecovery::Recovering) {
        record.leader_recovery_state = static_cast<int8_t>(metadata::LeaderRecovery::Recovered);
      }
    }
    if (metadata::version_at(record, records.metadata_version()) >= 1) {
      record.directories = mended_directories(*image, partition);
    }
    if (leads || record.directories) {
      records.add(record);
    }
  });
  return records;
}

RecordList elections_for_departure(const ClusterState& state, NodeId broker) {
  RecordList records(state);
  const bool has_elr = state.is_feature_on("eligible.leader.replicas.version");
  for_each_partition_on(state, broker, [&](const TopicImage& topic, int32_t index, const PartitionImage& partition) {
    if (partition.leader != broker) {
      return;
    }
    auto record = change_of(topic, index);
    record.leader = no_node.raw();
    // Without eligible leader replicas the last one in sync stays in the ISR.
    if (has_elr) {
      std::vector<NodeId> rest = partition.isr;
      std::erase(rest, broker);
      record.isr = raw(rest);
      record.eligible_leader_replicas = std::vector<int32_t>{broker.raw()};
      record.last_known_elr = std::vector<int32_t>{broker.raw()};
    }
    records.add(record);
  });
  return records;
}

}  // namespace odradek::controller
