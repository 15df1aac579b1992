// Heartbeat (12): a member of a classic group is alive.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/heartbeat.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::HeartbeatResponse> heartbeat(RequestContext& context,
                                                                   protocol::HeartbeatRequest request);

}  // namespace odradek::api
