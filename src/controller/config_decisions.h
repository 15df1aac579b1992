// Decisions about configs: AlterConfigs and IncrementalAlterConfigs of topics, brokers, groups and client metrics.
//
// What config/ accepts becomes ConfigRecords; each resource stands for itself, answered with Kafka's codes.
#pragma once

#include "controller/cluster_state.h"
#include "machine/decision.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/incremental_alter_configs.h"

namespace odradek::controller {

// Replaces all overrides of each resource.
[[nodiscard]] machine::Decision<protocol::AlterConfigsResponse> alter_configs(
    const ClusterState& state, const DecisionContext& context, const protocol::AlterConfigsRequest& request);

// Changes the overrides named, and leaves the others.
[[nodiscard]] machine::Decision<protocol::IncrementalAlterConfigsResponse> incremental_alter_configs(
    const ClusterState& state, const DecisionContext& context, const protocol::IncrementalAlterConfigsRequest& request);

}  // namespace odradek::controller
