// CreateTopics (19): answered when this shard knows the topics.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/create_topics.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::CreateTopicsResponse> create_topics(RequestContext& context,
                                                                          protocol::CreateTopicsRequest request);

}  // namespace odradek::api
