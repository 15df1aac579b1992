// ConsumerGroupHeartbeat (68): all that a member of the consumer protocol says, and is told (KIP-848).
#pragma once

#include "api/request_context.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::ConsumerGroupHeartbeatResponse> consumer_group_heartbeat(
    RequestContext& context, protocol::ConsumerGroupHeartbeatRequest request);

}  // namespace odradek::api
