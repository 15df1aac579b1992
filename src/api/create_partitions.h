// CreatePartitions (37): more partitions for topics that exist.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/create_partitions.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::CreatePartitionsResponse> create_partitions(
    RequestContext& context, protocol::CreatePartitionsRequest request);

}  // namespace odradek::api
