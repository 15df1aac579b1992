// UTF-8 as Kafka's readers take it: what is not UTF-8 becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace odradek::protocol {

[[nodiscard]] bool is_utf8(std::string_view text);

// `text` with U+FFFD in place of each malformed piece, divided into pieces as Java's decoder does: a surrogate
// is one piece of three bytes, otherwise a piece is the longest start of a well-formed character, at least a byte.
[[nodiscard]] std::string with_replacements(std::string_view text);

}  // namespace odradek::protocol
