// OffsetFetch (9): the committed offsets of one or several groups.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/offset_fetch.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::OffsetFetchResponse> offset_fetch(RequestContext& context,
                                                                        protocol::OffsetFetchRequest request);

}  // namespace odradek::api
