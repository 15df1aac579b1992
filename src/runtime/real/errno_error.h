// From errno to our errors.
#pragma once

#include <expected>
#include <string_view>

#include "base/result.h"

namespace odradek::runtime {

// The error that `code` (an errno) stands for; the message is "<what>: <the system's words>".
[[nodiscard]] std::unexpected<Error> errno_error(int code, std::string_view what);

}  // namespace odradek::runtime
