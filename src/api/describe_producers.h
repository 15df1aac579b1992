// DescribeProducers (61): what partitions remember of those who write to them.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/describe_producers.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::DescribeProducersResponse> describe_producers(
    RequestContext& context, protocol::DescribeProducersRequest request);

}  // namespace odradek::api
