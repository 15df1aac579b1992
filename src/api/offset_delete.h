// OffsetDelete (47): deleting committed offsets of a group.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/offset_delete.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::OffsetDeleteResponse> offset_delete(RequestContext& context,
                                                                          protocol::OffsetDeleteRequest request);

}  // namespace odradek::api
