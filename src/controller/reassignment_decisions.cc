#include "controller/reassignment_decisions.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/placement.h"

namespace odradek::controller {

namespace {

using metadata::PartitionImage;
using metadata::TopicImage;
using AlterRequest = protocol::AlterPartitionReassignmentsRequest;
using AlterResponse = protocol::AlterPartitionReassignmentsResponse;
using ListResponse = protocol::ListPartitionReassignmentsResponse;

std::vector<int32_t> raw(const std::vector<NodeId>& nodes) {
  std::vector<int32_t> result;
  for (const NodeId node : nodes) {
    result.push_back(node.raw());
  }
  return result;
}

Result<> reassign(const ClusterState& state, const AlterRequest& request, std::string_view name,
                  const AlterRequest::ReassignablePartition& wanted) {
  const TopicImage* topic = state.image().topic(name);
  if (topic == nullptr) {
    return fail(Errc::UnknownTopicOrPartition, fmt::format("Unable to find a topic named {}.", name));
  }
  const PartitionImage* partition = topic->partition(PartitionIndex(wanted.partition_index));
  if (partition == nullptr) {
    return fail(Errc::UnknownTopicOrPartition,
                fmt::format("Unable to find partition {}:{}.", name, wanted.partition_index));
  }
  if (!wanted.replicas) {
    return fail(Errc::NoReassignmentInProgress);
  }
  const std::vector<NodeId> replicas(wanted.replicas->begin(), wanted.replicas->end());
  TRY(check_assignment(state, replicas, 0));
  if (!request.allow_replication_factor_change && replicas.size() != partition->replicas.size()) {
    return fail(Errc::InvalidReplicationFactor, fmt::format("The replication factor is changed from {} to {}",
                                                            partition->replicas.size(), replicas.size()));
  }
  if (replicas == partition->replicas) {
    return {};
  }
  // Registered, but not this node: registrations outlive their brokers.
  const std::vector<NodeId> usable = usable_brokers(state);
  for (const NodeId replica : replicas) {
    if (std::ranges::find(usable, replica) == usable.end()) {
      return fail(Errc::InvalidReplicaAssignment, fmt::format("Broker {} is not alive.", replica.raw()));
    }
  }
  return fail(Errc::InvalidReplicaAssignment, "This cluster has one broker: there is nowhere to move a replica to.");
}

void list_one(ListResponse::OngoingTopicReassignment& out, const TopicImage& topic, int32_t index) {
  const PartitionImage* partition = topic.partition(PartitionIndex(index));
  if (partition == nullptr || !partition->is_reassigning()) {
    return;
  }
  auto& ongoing = out.partitions.emplace_back();
  ongoing.partition_index = index;
  ongoing.replicas = raw(partition->replicas);
  ongoing.adding_replicas = raw(partition->adding_replicas);
  ongoing.removing_replicas = raw(partition->removing_replicas);
}

}  // namespace

machine::Decision<AlterResponse> alter_reassignments(const ClusterState& state, const AlterRequest& request) {
  AlterResponse response;
  response.error_message.reset();
  response.allow_replication_factor_change = request.allow_replication_factor_change;
  for (const auto& topic : request.topics) {
    auto& out = response.responses.emplace_back();
    out.name = topic.name;
    for (const auto& partition : topic.partitions) {
      auto& result = out.partitions.emplace_back();
      result.partition_index = partition.partition_index;
      result.error_message.reset();
      if (const Result<> done = reassign(state, request, topic.name, partition); !done) {
        const Refusal why = refusal(done.error());
        result.error_code = why.raw_code();
        if (!why.message.empty()) {
          result.error_message = protocol::Text(why.message);
        }
      }
    }
  }
  return {.records = {}, .reply = std::move(response)};
}

ListResponse list_reassignments(const ClusterState& state, const protocol::ListPartitionReassignmentsRequest& request) {
  ListResponse response;
  response.error_message.reset();
  const auto add = [&](ListResponse::OngoingTopicReassignment out, const TopicImage& topic) {
    if (!out.partitions.empty()) {
      out.name = protocol::Text(topic.name);
      response.topics.push_back(std::move(out));
    }
  };
  if (!request.topics) {
    for (const TopicImage* topic : state.image().topics_by_name()) {
      ListResponse::OngoingTopicReassignment out;
      for (int32_t index = 0; index < topic->partition_count(); ++index) {
        list_one(out, *topic, index);
      }
      add(std::move(out), *topic);
    }
    return response;
  }
  for (const auto& wanted : *request.topics) {
    if (const TopicImage* topic = state.image().topic(wanted.name.view()); topic != nullptr) {
      ListResponse::OngoingTopicReassignment out;
      for (const int32_t index : wanted.partition_indexes) {
        list_one(out, *topic, index);
      }
      add(std::move(out), *topic);
    }
  }
  return response;
}

}  // namespace odradek::controller
