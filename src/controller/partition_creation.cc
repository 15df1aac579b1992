#include <map>

#include <fmt/format.h>

#include "controller/placement.h"
#include "controller/topic_decisions.h"
#include "metadata/image_records.h"

namespace odradek::controller {

namespace {

using Request = protocol::CreatePartitionsRequest;
using Response = protocol::CreatePartitionsResponse;

Result<std::vector<std::vector<NodeId>>> replicas_for(const ClusterState& state, const metadata::TopicImage& topic,
                                                      const Request::CreatePartitionsTopic& wanted) {
  const int32_t have = topic.partition_count();
  const auto more = static_cast<size_t>(wanted.count - have);
  const metadata::PartitionImage* first = topic.partition(PartitionIndex(0));
  const size_t replication_factor = first == nullptr ? 1 : first->replicas.size();
  if (!wanted.assignments) {
    return place_replicas(state, have, static_cast<int32_t>(more), static_cast<int16_t>(replication_factor));
  }
  if (wanted.assignments->size() != more) {
    return fail(Errc::InvalidReplicaAssignment,
                fmt::format("Attempted to add {} additional partition(s), but only {} assignment(s) were specified.",
                            more, wanted.assignments->size()));
  }
  std::vector<std::vector<NodeId>> result;
  for (const auto& assignment : *wanted.assignments) {
    auto& replicas = result.emplace_back(assignment.broker_ids.begin(), assignment.broker_ids.end());
    TRY(check_assignment(state, replicas, replication_factor));
  }
  return result;
}

Result<RecordList> grow(const ClusterState& state, const Request::CreatePartitionsTopic& wanted) {
  const metadata::TopicImage* topic = state.image().topic(wanted.name.view());
  if (topic == nullptr) {
    return fail(Errc::UnknownTopicOrPartition, "This server does not host this topic-partition.");
  }
  const int32_t have = topic->partition_count();
  if (wanted.count == have) {
    return fail(Errc::InvalidPartitions, fmt::format("Topic already has {} partition(s).", have));
  }
  if (wanted.count < have) {
    return fail(Errc::InvalidPartitions,
                fmt::format("The topic {} currently has {} partition(s); {} would not be an increase.",
                            wanted.name.view(), have, wanted.count));
  }
  if (static_cast<uint64_t>(wanted.count - have) > records_per_request_max) {
    return fail(Errc::PolicyViolation, "Unable to perform excessively large batch operation.");
  }
  TRY(auto placement, replicas_for(state, *topic, wanted));
  RecordList records(state);
  int32_t index = have;
  for (auto& replicas : placement) {
    TRY(const metadata::PartitionImage partition, new_partition(state, std::move(replicas)));
    records.add(metadata::partition_record(topic->id, PartitionIndex(index++), partition, records.metadata_version()));
  }
  return records;
}

}  // namespace

Result<machine::Decision<Response>> create_partitions(const ClusterState& state, const Request& request) {
  std::map<std::string_view, int> times;
  for (const auto& topic : request.topics) {
    ++times[topic.name.view()];
  }
  RecordList records(state);
  Response response;
  for (const auto& topic : request.topics) {
    const int seen = times[topic.name.view()];
    if (seen == 0) {
      continue;  // answered already
    }
    auto& result = response.results.emplace_back();
    result.name = topic.name;
    Result<RecordList> grown = seen > 1 ? fail(Errc::InvalidRequest, "Duplicate topic name.") : grow(state, topic);
    times[topic.name.view()] = 0;
    if (!grown) {
      const Refusal why = refusal(grown.error());
      result.error_code = why.raw_code();
      result.error_message = protocol::Text(why.message);
      continue;
    }
    records.append(*std::move(grown));
    if (records.size() > records_per_request_max) {
      return fail(Errc::PolicyViolation, "Unable to perform excessively large batch operation.");
    }
  }
  if (request.validate_only) {
    records = RecordList(state);
  }
  return machine::Decision<Response>{.records = std::move(records).take(), .reply = std::move(response)};
}

}  // namespace odradek::controller
