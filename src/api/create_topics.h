// CreateTopics (19): answered when this shard knows the topics.
#pragma once

#include <string_view>

#include "api/request_context.h"
#include "protocol/messages/create_topics.h"
#include "runtime/task.h"

namespace odradek::api {

// The metadata log is no topic, and nobody may create one of its name: its directory would be the log's.
inline constexpr std::string_view metadata_topic = "__cluster_metadata";

[[nodiscard]] runtime::Task<protocol::CreateTopicsResponse> create_topics(RequestContext& context,
                                                                          protocol::CreateTopicsRequest request);

}  // namespace odradek::api
