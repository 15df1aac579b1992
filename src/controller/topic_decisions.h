// Decisions about which topics and partitions there are: CreateTopics, DeleteTopics, CreatePartitions.
//
// As Apache Kafka 4.3 decides, with its codes and sentences. Each topic of a request stands for itself; an error of the
// whole request is the Result's: PolicyViolation for one that would change too much at once.
#pragma once

#include "controller/cluster_state.h"
#include "machine/decision.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"

namespace odradek::controller {

[[nodiscard]] Result<machine::Decision<protocol::CreateTopicsResponse>> create_topics(
    const ClusterState& state, const DecisionContext& context, const protocol::CreateTopicsRequest& request);

// `api_version` tells what an unknown or deleted topic is answered with.
[[nodiscard]] Result<machine::Decision<protocol::DeleteTopicsResponse>> delete_topics(
    const ClusterState& state, const DecisionContext& context, const protocol::DeleteTopicsRequest& request,
    int16_t api_version);

[[nodiscard]] Result<machine::Decision<protocol::CreatePartitionsResponse>> create_partitions(
    const ClusterState& state, const protocol::CreatePartitionsRequest& request);

}  // namespace odradek::controller
