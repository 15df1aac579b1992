// ListGroups (16): all groups that this broker coordinates.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/list_groups.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::ListGroupsResponse> list_groups(RequestContext& context,
                                                                      protocol::ListGroupsRequest request);

}  // namespace odradek::api
