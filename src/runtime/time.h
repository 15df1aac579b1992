// Two clocks: one that only rises, for waiting, and the wall's, for timestamps in records.
#pragma once

#include <chrono>
#include <cstdint>

namespace odradek::runtime {

using Duration = std::chrono::nanoseconds;

// A reading of the monotonic clock; comparable only within one run of the process.
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// A moment to give up at. `never` does not come.
using Deadline = MonotonicTime;
inline constexpr Deadline never = Deadline::max();

// Milliseconds since 1970-01-01 UTC, as record timestamps count.
using WallMs = int64_t;

}  // namespace odradek::runtime
