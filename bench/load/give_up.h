// A measurement that meets trouble ends with a sentence: there is nobody to recover for.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/error_code.h"

namespace odradek::bench {

// Says why on standard error and ends the process with status 1.
[[noreturn]] void give_up(std::string_view why);

// The same with what the system says about errno.
[[noreturn]] void give_up_errno(std::string_view what);

// The value, or the end.
template <typename T>
T must(Result<T> result, std::string_view what) {
  if (!result) {
    give_up(std::string(what) + ": " + result.error().message);
  }
  if constexpr (!std::is_void_v<T>) {
    return *std::move(result);
  }
}

// The end unless the broker answered without an error.
inline void must_be_none(int16_t error_code, std::string_view what) {
  const auto code = static_cast<protocol::ErrorCode>(error_code);
  if (code != protocol::ErrorCode::None) {
    give_up(std::string(what) + ": the broker answers " + std::string(protocol::name(code)));
  }
}

}  // namespace odradek::bench
