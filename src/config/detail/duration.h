// ISO 8601 durations of days and less, as Java's Duration reads them: "PT1H", "P2DT3H4M5.5S".
#pragma once

#include <string_view>

namespace odradek::config::detail {

// Whether `text` is such a duration and not negative.
[[nodiscard]] bool is_duration(std::string_view text);

}  // namespace odradek::config::detail
