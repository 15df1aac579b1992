// DeleteTopics (20): by name or by id; answered when this shard has forgotten the topics.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/delete_topics.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::DeleteTopicsResponse> delete_topics(RequestContext& context,
                                                                          protocol::DeleteTopicsRequest request);

}  // namespace odradek::api
