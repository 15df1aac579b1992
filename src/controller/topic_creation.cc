#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "config/topic_config.h"
#include "controller/placement.h"
#include "controller/topic_decisions.h"
#include "metadata/image_records.h"
#include "model/topic_name.h"

namespace odradek::controller {

namespace {

using Request = protocol::CreateTopicsRequest;
using Response = protocol::CreateTopicsResponse;

constexpr int32_t use_default = -1;

int32_t default_partitions(const DecisionContext& context) {
  return static_cast<int32_t>(context.config.get_int("num.partitions"));
}

int16_t default_replication_factor(const DecisionContext& context) {
  return static_cast<int16_t>(context.config.get_int("default.replication.factor"));
}

Result<> check_total(const DecisionContext& context, const Request& request) {
  uint64_t total = 0;
  for (const auto& topic : request.topics) {
    if (!topic.assignments.empty()) {
      total += topic.assignments.size();
    } else if (topic.num_partitions == use_default) {
      total += static_cast<uint64_t>(default_partitions(context));
    } else if (topic.num_partitions > 0) {
      total += static_cast<uint64_t>(topic.num_partitions);
    }
  }
  if (total > records_per_request_max) {
    return fail(Errc::PolicyViolation, "Excessively large number of partitions per request.");
  }
  return {};
}

// Whether the name has characters that metric names do not tell apart.
bool may_collide(std::string_view name) { return name.find_first_of("._") != std::string_view::npos; }

// The same for all names that collide.
std::string collision_key(std::string_view name) {
  std::string key(name);
  std::ranges::replace(key, '.', '_');
  return key;
}

// Names of existing topics by what they collide on; only those that could collide.
std::map<std::string, std::string> collision_table(const ClusterState& state) {
  std::map<std::string, std::string> result;
  state.image().for_each_topic([&](const metadata::TopicImage& topic) {
    if (may_collide(topic.name)) {
      result.try_emplace(collision_key(topic.name), topic.name);
    }
  });
  return result;
}

Result<> check_name(const ClusterState& state, const std::map<std::string, std::string>& taken, std::string_view name) {
  if (state.image().topic(name) != nullptr) {
    return fail(Errc::TopicAlreadyExists, fmt::format("Topic '{}' already exists.", name));
  }
  TRY(check_topic_name(name));
  if (may_collide(name)) {
    if (const auto found = taken.find(collision_key(name)); found != taken.end()) {
      return fail(Errc::InvalidTopic, fmt::format("Topic '{}' collides with existing topic: {}", name, found->second));
    }
  }
  return {};
}

Result<config::Overrides> overrides_of(const DecisionContext& context, const Request::CreatableTopic& topic) {
  config::Overrides overrides;
  for (const auto& entry : topic.configs) {
    if (!entry.value) {
      return fail(Errc::InvalidConfig,
                  fmt::format("Null value not supported for topic configs: {}", entry.name.view()));
    }
    overrides[entry.name.str()] = entry.value->str();
  }
  TRY(config::validate_topic(context.config, overrides));
  return overrides;
}

Result<std::vector<metadata::PartitionImage>> assigned_partitions(const ClusterState& state,
                                                                  const Request::CreatableTopic& topic) {
  if (topic.replication_factor != use_default) {
    return fail(Errc::InvalidRequest,
                "A manual partition assignment was specified, but replication factor was not set to -1.");
  }
  if (topic.num_partitions != use_default) {
    return fail(Errc::InvalidRequest,
                "A manual partition assignment was specified, but numPartitions was not set to -1.");
  }
  std::map<int32_t, metadata::PartitionImage> partitions;
  size_t replication_factor = 0;
  for (const auto& assignment : topic.assignments) {
    if (partitions.contains(assignment.partition_index)) {
      return fail(
          Errc::InvalidReplicaAssignment,
          fmt::format("Found multiple manual partition assignments for partition {}", assignment.partition_index));
    }
    std::vector<NodeId> replicas(assignment.broker_ids.begin(), assignment.broker_ids.end());
    TRY(check_assignment(state, replicas, replication_factor));
    replication_factor = replicas.size();
    TRY(metadata::PartitionImage partition, new_partition(state, std::move(replicas)));
    partitions.emplace(assignment.partition_index, std::move(partition));
  }
  std::vector<metadata::PartitionImage> result;
  for (auto& [index, partition] : partitions) {
    if (index != static_cast<int32_t>(result.size())) {
      return fail(Errc::InvalidReplicaAssignment, "partitions should be a consecutive 0-based integer sequence");
    }
    result.push_back(std::move(partition));
  }
  return result;
}

Result<std::vector<metadata::PartitionImage>> placed_partitions(const ClusterState& state,
                                                                const DecisionContext& context,
                                                                const Request::CreatableTopic& topic) {
  if (topic.replication_factor < use_default || topic.replication_factor == 0) {
    return fail(Errc::InvalidReplicationFactor,
                "Replication factor must be larger than 0, or -1 to use the default value.");
  }
  if (topic.num_partitions < use_default || topic.num_partitions == 0) {
    return fail(Errc::InvalidPartitions, "Number of partitions was set to an invalid non-positive value.");
  }
  const int32_t count = topic.num_partitions == use_default ? default_partitions(context) : topic.num_partitions;
  const int16_t factor =
      topic.replication_factor == use_default ? default_replication_factor(context) : topic.replication_factor;
  TRY(auto placement, place_replicas(state, 0, count, factor));
  std::vector<metadata::PartitionImage> result;
  result.reserve(placement.size());
  for (auto& replicas : placement) {
    TRY(metadata::PartitionImage partition, new_partition(state, std::move(replicas)));
    result.push_back(std::move(partition));
  }
  return result;
}

RecordList topic_records(const ClusterState& state, std::string_view name, TopicId id,
                         const config::Overrides& overrides, const std::vector<metadata::PartitionImage>& partitions) {
  RecordList records(state);
  protocol::TopicRecord topic;
  topic.name = name;
  topic.topic_id = id.uuid();
  records.add(topic);
  for (const auto& [option, value] : overrides) {
    protocol::ConfigRecord record;
    record.resource_type = static_cast<int8_t>(metadata::ConfigResourceType::Topic);
    record.resource_name = name;
    record.name = std::string_view(option);
    record.value = protocol::Text(std::string_view(value));
    records.add(record);
  }
  // Another min.insync.replicas makes eligible leaders that were noted before it meaningless.
  if (overrides.contains("min.insync.replicas") && state.is_feature_on("eligible.leader.replicas.version")) {
    protocol::ClearElrRecord record;
    record.topic_name = name;
    records.add(record);
  }
  for (size_t i = 0; i < partitions.size(); ++i) {
    records.add(metadata::partition_record(id, PartitionIndex(static_cast<int32_t>(i)), partitions[i],
                                           records.metadata_version()));
  }
  return records;
}

std::vector<Response::CreatableTopicConfigs> describe(const DecisionContext& context, config::Overrides overrides) {
  std::vector<Response::CreatableTopicConfigs> result;
  const config::TopicConfig topic(context.config, std::move(overrides));
  for (const config::ConfigEntry& entry : topic.describe(context.config)) {
    auto& out = result.emplace_back();
    out.name = entry.name;
    out.value.reset();
    if (entry.value) {
      out.value = protocol::Text(*entry.value);
    }
    out.read_only = entry.read_only;
    out.config_source = static_cast<int8_t>(entry.source);
    out.is_sensitive = entry.sensitive;
  }
  return result;
}

struct NewTopic {
  RecordList records;
  Response::CreatableTopicResult result;
};

Result<NewTopic> create_topic(const ClusterState& state, const DecisionContext& context,
                              const std::map<std::string, std::string>& taken, const Request::CreatableTopic& topic) {
  TRY(check_name(state, taken, topic.name));
  TRY(config::Overrides overrides, overrides_of(context, topic));
  TRY(const std::vector<metadata::PartitionImage> partitions,
      topic.assignments.empty() ? placed_partitions(state, context, topic) : assigned_partitions(state, topic));
  const TopicId id(context.new_uuid());
  NewTopic created{.records = topic_records(state, topic.name, id, overrides, partitions), .result = {}};
  created.result.name = topic.name;
  created.result.topic_id = id.uuid();
  created.result.error_message.reset();
  created.result.num_partitions = static_cast<int32_t>(partitions.size());
  created.result.replication_factor = static_cast<int16_t>(partitions.front().replicas.size());
  created.result.configs = describe(context, std::move(overrides));
  return created;
}

Response::CreatableTopicResult refused(protocol::Text name, const Refusal& why) {
  Response::CreatableTopicResult result;
  result.name = std::move(name);
  result.error_code = why.raw_code();
  result.error_message = protocol::Text(why.message);
  result.configs.emplace();
  return result;
}

}  // namespace

Result<machine::Decision<Response>> create_topics(const ClusterState& state, const DecisionContext& context,
                                                  const Request& request) {
  std::map<std::string_view, int> times;
  for (const auto& topic : request.topics) {
    ++times[topic.name.view()];
  }
  TRY(check_total(context, request));
  const std::map<std::string, std::string> taken = collision_table(state);
  RecordList records(state);
  Response response;
  std::set<std::string_view> answered;
  for (const auto& topic : request.topics) {
    if (times[topic.name.view()] > 1) {
      if (answered.insert(topic.name.view()).second) {
        response.topics.push_back(
            refused(topic.name, {.code = protocol::ErrorCode::InvalidRequest, .message = "Duplicate topic name."}));
      }
      continue;
    }
    Result<NewTopic> created = create_topic(state, context, taken, topic);
    if (!created) {
      response.topics.push_back(refused(topic.name, refusal(created.error())));
      continue;
    }
    records.append(std::move(created->records));
    response.topics.push_back(std::move(created->result));
    if (records.size() > records_per_request_max) {
      return fail(Errc::PolicyViolation, "Unable to perform excessively large batch operation.");
    }
  }
  if (request.validate_only) {
    for (auto& topic : response.topics) {
      topic.topic_id = Uuid{};
    }
    return machine::Decision<Response>{.records = {}, .reply = std::move(response)};
  }
  return machine::Decision<Response>{.records = std::move(records).take(), .reply = std::move(response)};
}

}  // namespace odradek::controller
