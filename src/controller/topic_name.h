// Which names a topic may have.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace odradek::controller {

// 1 to 249 ASCII letters, digits, '.', '_' and '-', and neither "." nor "..". Errc::InvalidTopic.
[[nodiscard]] Result<> check_topic_name(std::string_view name);

// Whether the name has characters that metric names do not tell apart ('.' and '_').
[[nodiscard]] bool may_collide(std::string_view name);

// The same for all names that collide.
[[nodiscard]] std::string collision_key(std::string_view name);

}  // namespace odradek::controller
