// ConsumerGroupDescribe (69): groups of the consumer protocol, their members and what those have (KIP-848).
#pragma once

#include "api/request_context.h"
#include "protocol/messages/consumer_group_describe.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::ConsumerGroupDescribeResponse> consumer_group_describe(
    RequestContext& context, protocol::ConsumerGroupDescribeRequest request);

}  // namespace odradek::api
