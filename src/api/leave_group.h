// LeaveGroup (13): members leave a classic group.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/leave_group.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::LeaveGroupResponse> leave_group(RequestContext& context,
                                                                      protocol::LeaveGroupRequest request);

}  // namespace odradek::api
