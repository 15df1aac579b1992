// AlterPartitionReassignments (45): starts or cancels moves of replicas.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::AlterPartitionReassignmentsResponse> alter_partition_reassignments(
    RequestContext& context, protocol::AlterPartitionReassignmentsRequest request);

}  // namespace odradek::api
