// LocalController: one call for each API, each a decision run on the home shard.
#include <fmt/format.h>

#include "controller/config_decisions.h"
#include "controller/feature_decisions.h"
#include "controller/leader_decisions.h"
#include "controller/local_controller.h"
#include "controller/producer_id_decisions.h"
#include "controller/reassignment_decisions.h"
#include "controller/topic_decisions.h"
#include "model/topic_name.h"
#include "runtime/shard.h"

namespace odradek::controller {

using machine::CallContext;
using runtime::Async;

template <typename Response, typename Decide>
Async<Response> LocalController::decide(CallContext context, Decide decide) {
  const runtime::Deadline deadline = context.deadline;
  co_return co_await shards_.on(home_, [this, deadline, decide = std::move(decide)]() mutable -> Async<Response> {
    return run<Response>(deadline, std::move(decide));
  });
}

template <typename Response, typename Decide>
Async<Response> LocalController::run(runtime::Deadline deadline, Decide decide) {
  if (runtime::Shard::current().now() >= deadline) {
    co_return fail(Errc::RequestTimedOut, "the request waited longer than it wanted to");
  }
  const DecisionContext context = decision_context();
  CO_TRY(Response response,
         co_await machine_.execute([&](const ClusterState& state) { return decide(state, context); }));
  co_return response;
}

Async<protocol::CreateTopicsResponse> LocalController::call(CallContext context,
                                                            const protocol::CreateTopicsRequest& request) {
  return decide<protocol::CreateTopicsResponse>(std::move(context), [&request](const auto& state, const auto& with) {
    return create_topics(state, with, request);
  });
}

Async<protocol::DeleteTopicsResponse> LocalController::call(CallContext context,
                                                            const protocol::DeleteTopicsRequest& request) {
  const int16_t version = context.api_version;
  return decide<protocol::DeleteTopicsResponse>(std::move(context),
                                                [&request, version](const auto& state, const auto& with) {
                                                  return delete_topics(state, with, request, version);
                                                });
}

Async<protocol::CreatePartitionsResponse> LocalController::call(CallContext context,
                                                                const protocol::CreatePartitionsRequest& request) {
  return decide<protocol::CreatePartitionsResponse>(
      std::move(context), [&request](const auto& state, const auto&) { return create_partitions(state, request); });
}

Async<protocol::AlterConfigsResponse> LocalController::call(CallContext context,
                                                            const protocol::AlterConfigsRequest& request) {
  return decide<protocol::AlterConfigsResponse>(std::move(context), [&request](const auto& state, const auto& with) {
    return alter_configs(state, with, request);
  });
}

Async<protocol::IncrementalAlterConfigsResponse> LocalController::call(
    CallContext context, const protocol::IncrementalAlterConfigsRequest& request) {
  return decide<protocol::IncrementalAlterConfigsResponse>(
      std::move(context),
      [&request](const auto& state, const auto& with) { return incremental_alter_configs(state, with, request); });
}

Async<protocol::UpdateFeaturesResponse> LocalController::call(CallContext context,
                                                              const protocol::UpdateFeaturesRequest& request) {
  const int16_t version = context.api_version;
  return decide<protocol::UpdateFeaturesResponse>(
      std::move(context), [this, &request, version](const auto& state, const auto& with) {
        return update_features(state, with, request, options_.node.id, log_.quorum().kraft_version, version);
      });
}

Async<protocol::ElectLeadersResponse> LocalController::call(CallContext context,
                                                            const protocol::ElectLeadersRequest& request) {
  return decide<protocol::ElectLeadersResponse>(
      std::move(context), [&request](const auto& state, const auto&) { return elect_leaders(state, request); });
}

Async<protocol::AlterPartitionReassignmentsResponse> LocalController::call(
    CallContext context, const protocol::AlterPartitionReassignmentsRequest& request) {
  return decide<protocol::AlterPartitionReassignmentsResponse>(
      std::move(context), [&request](const auto& state, const auto&) { return alter_reassignments(state, request); });
}

Async<protocol::ListPartitionReassignmentsResponse> LocalController::call(
    CallContext context, const protocol::ListPartitionReassignmentsRequest& request) {
  using Response = protocol::ListPartitionReassignmentsResponse;
  return decide<Response>(std::move(context), [&request](const auto& state, const auto&) {
    return machine::Decision<Response>{.records = {}, .reply = list_reassignments(state, request)};
  });
}

Async<protocol::DescribeQuorumResponse> LocalController::call(CallContext context,
                                                              const protocol::DescribeQuorumRequest& request) {
  using Response = protocol::DescribeQuorumResponse;
  const int16_t version = context.api_version;
  return decide<Response>(std::move(context), [this, &request, version](const auto&, const auto&) {
    return machine::Decision<Response>{.records = {}, .reply = describe_quorum(request, version)};
  });
}

Async<protocol::AllocateProducerIdsResponse> LocalController::call(
    CallContext context, const protocol::AllocateProducerIdsRequest& request) {
  return decide<protocol::AllocateProducerIdsResponse>(
      std::move(context), [&request](const auto& state, const auto&) { return allocate_producer_ids(state, request); });
}

Async<protocol::AssignReplicasToDirsResponse> LocalController::call(
    CallContext context, const protocol::AssignReplicasToDirsRequest& request) {
  return decide<protocol::AssignReplicasToDirsResponse>(
      std::move(context), [&request](const auto& state, const auto&) { return assign_replicas(state, request); });
}

protocol::DescribeQuorumResponse LocalController::describe_quorum(const protocol::DescribeQuorumRequest& request,
                                                                  int16_t version) const {
  constexpr int16_t directories_since = 2;  // and nodes
  protocol::DescribeQuorumResponse response;
  response.error_message.reset();
  for (const auto& topic : request.topics) {
    auto& topic_out = response.topics.emplace_back();
    topic_out.topic_name = topic.topic_name;
    for (const auto& partition : topic.partitions) {
      auto& out = topic_out.partitions.emplace_back();
      out.partition_index = partition.partition_index;
      out.error_message.reset();
      if (topic.topic_name != metadata_topic_name || partition.partition_index != 0) {
        out.error_code = static_cast<int16_t>(protocol::ErrorCode::UnknownTopicOrPartition);
        out.error_message = protocol::Text("This server does not host this topic-partition.");
        out.leader_id = no_node.raw();
        continue;
      }
      const int64_t now = runtime::Shard::current().wall_now();
      out.leader_id = options_.node.id.raw();
      out.leader_epoch = log_.leading().value_or(no_leader_epoch).raw();
      out.high_watermark = log_.committed_offset().raw();
      auto& voter = out.current_voters.emplace_back();
      voter.replica_id = options_.node.id.raw();
      if (version >= directories_since) {
        voter.replica_directory_id = log_.directory().uuid();
      }
      voter.log_end_offset = log_.end_offset().raw();
      voter.last_fetch_timestamp = now;
      voter.last_caught_up_timestamp = now;
    }
  }
  if (version < directories_since) {
    return response;
  }
  auto& node = response.nodes.emplace_back();
  node.node_id = options_.node.id.raw();
  for (const metadata::EndpointImage& endpoint : options_.node.controller_endpoints) {
    auto& listener = node.listeners.emplace_back();
    listener.name = protocol::Text(endpoint.listener);
    listener.host = protocol::Text(endpoint.host);
    listener.port = endpoint.port;
  }
  return response;
}

}  // namespace odradek::controller
