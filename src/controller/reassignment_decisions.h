// Decisions about moving replicas: AlterPartitionReassignments and ListPartitionReassignments (KIP-455).
//
// With the answers of a cluster whose only broker is this node: there is nowhere to move a replica to.
#pragma once

#include "controller/cluster_state.h"
#include "machine/decision.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/list_partition_reassignments.h"

namespace odradek::controller {

[[nodiscard]] machine::Decision<protocol::AlterPartitionReassignmentsResponse> alter_reassignments(
    const ClusterState& state, const protocol::AlterPartitionReassignmentsRequest& request);

[[nodiscard]] protocol::ListPartitionReassignmentsResponse list_reassignments(
    const ClusterState& state, const protocol::ListPartitionReassignmentsRequest& request);

}  // namespace odradek::controller
