// Broken invariants stop the process; expected trouble is a Result (see result.h).
#pragma once

#include <source_location>
#include <string_view>

namespace odradek {

// Prints `what` with its place to standard error and aborts. Async-signal-safe.
[[noreturn]] void stop_process(std::string_view what, std::source_location where) noexcept;

// On in release builds too. `claim` false means a bug of ours, never bad input.
inline void ensure(bool claim, std::string_view what = "broken invariant",
                   std::source_location where = std::source_location::current()) {
  if (!claim) [[unlikely]] {
    stop_process(what, where);
  }
}

// Marks what cannot be reached, such as the end of a switch over one of our enums.
[[noreturn]] inline void unreachable(std::source_location where = std::source_location::current()) {
  stop_process("reached the unreachable", where);
}

}  // namespace odradek
