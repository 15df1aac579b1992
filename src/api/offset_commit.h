// OffsetCommit (8): committing the offsets of a group.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/offset_commit.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::OffsetCommitResponse> offset_commit(RequestContext& context,
                                                                          protocol::OffsetCommitRequest request);

}  // namespace odradek::api
