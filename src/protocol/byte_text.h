// Bytes as text: base64 with padding, and hexadecimal.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace odradek::protocol {

[[nodiscard]] std::string base64(ByteView bytes);

[[nodiscard]] std::string hex(ByteView bytes);

// Errc::InvalidRequest if `text` is not pairs of hexadecimal digits.
[[nodiscard]] Result<Bytes> parse_hex(std::string_view text);

}  // namespace odradek::protocol
