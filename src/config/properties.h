// Java's .properties text, as server.properties is written.
//
// Source: the format of java.util.Properties. `#` and `!` begin comments; a key ends at `=`, `:` or space; a backslash
// continues a line or escapes a character (\t \n \r \f \uXXXX). The text is UTF-8 here, where Java reads Latin-1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace odradek::config {

struct Property {
  std::string key = {};
  std::string value = {};
  int line = 0;  // where it begins, from 1; 0 when it does not come from a file

  friend bool operator==(const Property&, const Property&) = default;
};

// In the order of the text, each key once: the last one wins, in its own place. Errc::InvalidConfig, with the line,
// for an escape \u that is not followed by four hexadecimal digits.
[[nodiscard]] Result<std::vector<Property>> parse_properties(std::string_view text);

}  // namespace odradek::config
