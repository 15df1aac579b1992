// DescribeGroups (15): classic groups and their members.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/describe_groups.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::DescribeGroupsResponse> describe_groups(RequestContext& context,
                                                                              protocol::DescribeGroupsRequest request);

}  // namespace odradek::api
