// The frame of Kafka's checkpoint files: a version (0), a count, and so many lines.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace odradek::storage::detail {

// The lines after version and count. An empty text has none. CorruptMessage for another version or a wrong count.
[[nodiscard]] Result<std::vector<std::string_view>> checkpoint_lines(std::string_view text);

// The words of a line, separated by white space.
[[nodiscard]] std::vector<std::string_view> words(std::string_view line);

template <typename Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

}  // namespace odradek::storage::detail
