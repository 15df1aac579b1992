// JoinGroup (11): becoming a member of a classic group, and waiting for its next generation.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/join_group.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::JoinGroupResponse> join_group(RequestContext& context,
                                                                    protocol::JoinGroupRequest request);

}  // namespace odradek::api
