// Lengths of time that an administrator chose, as the clock can count them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace odradek::app {

// Stands for without end: longer than anybody waits, and counted from now still a moment to come.
inline constexpr std::chrono::milliseconds century{std::chrono::years(100)};

// Of an option in milliseconds, whatever it says up to what a long can hold.
[[nodiscard]] constexpr std::chrono::milliseconds interval(int64_t milliseconds) {
  return std::chrono::milliseconds(std::clamp<int64_t>(milliseconds, 0, century.count()));
}

// The same where 0 and less mean never.
[[nodiscard]] constexpr std::chrono::milliseconds interval_or_never(int64_t milliseconds) {
  return milliseconds > 0 ? interval(milliseconds) : century;
}

}  // namespace odradek::app
