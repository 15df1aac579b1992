// DescribeConfigs (32): options of topics, brokers, loggers, groups and client metrics, and where their values come
// from.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/describe_configs.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::DescribeConfigsResponse> describe_configs(
    RequestContext& context, protocol::DescribeConfigsRequest request);

}  // namespace odradek::api
