// ListOffsets (2): where a partition begins and ends, and which offset belongs to a time.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/list_offsets.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::ListOffsetsResponse> list_offsets(RequestContext& context,
                                                                        protocol::ListOffsetsRequest request);

}  // namespace odradek::api
