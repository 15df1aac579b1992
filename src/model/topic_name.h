// Which names a topic may have.
#pragma once

#include <string_view>

#include "base/result.h"

namespace odradek {

// The metadata log's. It is no topic, and none may be created of its name: its directory would be the log's.
inline constexpr std::string_view metadata_topic_name = "__cluster_metadata";

// 1 to 249 ASCII letters, digits, '.', '_' and '-', and neither "." nor "..". Errc::InvalidTopic.
[[nodiscard]] Result<> check_topic_name(std::string_view name);

}  // namespace odradek
