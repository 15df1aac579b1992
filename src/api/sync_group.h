// SyncGroup (14): what a member of a classic group is to read.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/sync_group.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::SyncGroupResponse> sync_group(RequestContext& context,
                                                                    protocol::SyncGroupRequest request);

}  // namespace odradek::api
