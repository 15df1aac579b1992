// OffsetForLeaderEpoch (23): where a leader epoch ended, so that a reader can find the point of divergence.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/offset_for_leader_epoch.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::OffsetForLeaderEpochResponse> offset_for_leader_epoch(
    RequestContext& context, protocol::OffsetForLeaderEpochRequest request);

}  // namespace odradek::api
