// ListPartitionReassignments (46): moves of replicas under way.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/list_partition_reassignments.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::ListPartitionReassignmentsResponse> list_partition_reassignments(
    RequestContext& context, protocol::ListPartitionReassignmentsRequest request);

}  // namespace odradek::api
