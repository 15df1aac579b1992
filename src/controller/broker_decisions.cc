#include "controller/broker_decisions.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/feature_decisions.h"
#include "metadata/image_records.h"

namespace odradek::controller {

namespace {

using protocol::ErrorCode;
using Change = protocol::BrokerRegistrationChangeRecord;

Change change_of(const ClusterState& state, NodeId broker) {
  const metadata::BrokerImage* image = state.image().broker(broker);
  ensure(image != nullptr, "a broker whose registration changes is registered");
  Change record;
  record.broker_id = broker.raw();
  record.broker_epoch = image->epoch.raw();
  return record;
}

// Null where the change is made.
Result<metadata::MetadataRecord> assignment(const ClusterState& state, NodeId broker, const Uuid& directory,
                                            const Uuid& topic_id, int32_t index) {
  const metadata::TopicImage* topic = state.image().topic(TopicId(topic_id));
  if (topic == nullptr) {
    return fail(Errc::UnknownTopicId);
  }
  const metadata::PartitionImage* partition = topic->partition(PartitionIndex(index));
  if (partition == nullptr) {
    return fail(Errc::UnknownTopicOrPartition);
  }
  if (std::ranges::find(partition->replicas, broker) == partition->replicas.end()) {
    return fail(Errc::NotLeader);
  }
  protocol::PartitionChangeRecord record;
  record.topic_id = topic_id;
  record.partition_id = index;
  record.directories.emplace();
  for (const NodeId replica : partition->replicas) {
    record.directories->push_back(replica == broker ? directory : partition->directory_of(replica).uuid());
  }
  return metadata::MetadataRecord(std::move(record));
}

}  // namespace

machine::Decision<Registered> register_node(const ClusterState& state, const NodeRegistration& node,
                                            Offset next_offset) {
  RecordList records(state);
  const auto& features = supported_features();
  constexpr int16_t controllers_register = 15;  // 3.7-IV0
  if (records.metadata_version() >= controllers_register) {
    records.add(metadata::registration_record(metadata::ControllerImage{.id = node.id,
                                                                        .incarnation = node.incarnation,
                                                                        .zk_migration_ready = false,
                                                                        .endpoints = node.controller_endpoints,
                                                                        .features = features}));
  }
  metadata::BrokerImage broker;
  broker.id = node.id;
  broker.incarnation = node.incarnation;
  broker.epoch = BrokerEpoch((next_offset + static_cast<int64_t>(records.size())).raw());
  broker.endpoints = node.endpoints;
  broker.features = features;
  broker.rack = node.rack;
  broker.directories = node.directories;
  broker.cordoned_directories.emplace();
  records.add(metadata::registration_record(broker, records.metadata_version()));
  return {.records = std::move(records).take(), .reply = {.epoch = broker.epoch}};
}

RecordList unfence(const ClusterState& state, NodeId broker) {
  RecordList records(state);
  Change record = change_of(state, broker);
  record.fenced = -1;
  records.add(record);
  return records;
}

RecordList begin_controlled_shutdown(const ClusterState& state, NodeId broker) {
  RecordList records(state);
  Change record = change_of(state, broker);
  record.in_controlled_shutdown = 1;
  records.add(record);
  return records;
}

RecordList fence(const ClusterState& state, NodeId broker) {
  RecordList records(state);
  Change record = change_of(state, broker);
  record.fenced = 1;
  records.add(record);
  return records;
}

RecordList fence_others(const ClusterState& state, NodeId broker) {
  RecordList records(state);
  for (const auto& [id, other] : state.image().brokers()) {
    if (id != broker && !other.is_fenced) {
      Change record = change_of(state, id);
      record.fenced = 1;
      records.add(record);
    }
  }
  return records;
}

RecordList bootstrap(const BootstrapRecords& begin, const DecisionContext& context) {
  RecordList records(begin.metadata_version);
  constexpr int16_t transactions_exist = 13;  // 3.6-IV1
  const bool is_transaction = begin.metadata_version >= transactions_exist;
  if (is_transaction) {
    protocol::BeginTransactionRecord name;
    name.name = protocol::Text("Bootstrap records");
    records.add(name);
  }
  for (const Bytes& record : begin.records) {
    records.add_stored(record);
  }
  if (begin.has_eligible_leader_replicas) {
    const std::string value = fmt::format("{}", context.config.get_int("min.insync.replicas"));
    protocol::ConfigRecord record;
    record.resource_type = static_cast<int8_t>(metadata::ConfigResourceType::Broker);
    record.name = "min.insync.replicas";
    record.value = protocol::Text(std::string_view(value));
    records.add(record);
  }
  if (is_transaction) {
    records.add(protocol::EndTransactionRecord{});
  }
  return records;
}

RecordList abort_transaction(const ClusterState& state) {
  protocol::AbortTransactionRecord record;
  record.reason = protocol::Text("whoever began it leads no more");
  RecordList records(state);
  records.add(record);
  return records;
}

machine::Decision<protocol::AssignReplicasToDirsResponse> assign_replicas(
    const ClusterState& state, const protocol::AssignReplicasToDirsRequest& request) {
  protocol::AssignReplicasToDirsResponse response;
  const metadata::BrokerImage* broker = state.image().broker(NodeId(request.broker_id));
  if (broker == nullptr || broker->epoch.raw() != request.broker_epoch) {
    response.error_code =
        static_cast<int16_t>(broker == nullptr ? ErrorCode::BrokerIdNotRegistered : ErrorCode::StaleBrokerEpoch);
    return {.records = {}, .reply = std::move(response)};
  }
  RecordList records(state);
  if (metadata::version_at(protocol::PartitionChangeRecord(), records.metadata_version()) < 1) {
    response.error_code = static_cast<int16_t>(ErrorCode::UnsupportedVersion);  // they have no place for directories
    return {.records = {}, .reply = std::move(response)};
  }
  for (const auto& directory : request.directories) {
    auto& directory_out = response.directories.emplace_back();
    directory_out.id = directory.id;
    for (const auto& topic : directory.topics) {
      auto& topic_out = directory_out.topics.emplace_back();
      topic_out.topic_id = topic.topic_id;
      for (const auto& partition : topic.partitions) {
        auto& result = topic_out.partitions.emplace_back();
        result.partition_index = partition.partition_index;
        const auto record = assignment(state, broker->id, directory.id, topic.topic_id, partition.partition_index);
        if (record) {
          records.add(*record);
        } else {
          result.error_code = refusal(record.error()).raw_code();
        }
      }
    }
  }
  return {.records = std::move(records).take(), .reply = std::move(response)};
}

}  // namespace odradek::controller
