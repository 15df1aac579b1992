// Which names a topic may have.
#pragma once

#include <string_view>

#include "base/result.h"

namespace odradek {

// 1 to 249 ASCII letters, digits, '.', '_' and '-', and neither "." nor "..". Errc::InvalidTopic.
[[nodiscard]] Result<> check_topic_name(std::string_view name);

}  // namespace odradek
