// One value of one option: from text, checked; and back to the text that DescribeConfigs prints.
//
// The rules are those of Kafka 4.3: surrounding space does not count; booleans are true or false in any case; a list
// is separated by commas; most lists may hold no empty element, and what one repeats counts once (KIP-1161). Kafka
// would load the classes that class options name; here they are texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "config/options.h"

namespace odradek::config {

// Int, Short and Long are int64_t, within the bounds of their type. String, Class and Password are std::string.
using Value = std::variant<bool, int64_t, double, std::string, std::vector<std::string>>;

// Errc::InvalidConfig, with the option's name, the value and what is allowed. A password's value is not in the message.
[[nodiscard]] Result<Value> parse_value(const Option& option, std::string_view text);

// As Kafka prints it: numbers plain, doubles as Java does, lists joined by commas.
[[nodiscard]] std::string text(const Value& value);

// parse_value, then text: "true" of " TRUE ".
[[nodiscard]] Result<std::string> canonical(const Option& option, std::string_view text);

// Java's Double.toString: "0.5", "1.0E10", "1.7976931348623157E308".
[[nodiscard]] std::string java_text(double value);

// Cut at commas, each element without surrounding space; empty for a blank text.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

[[nodiscard]] std::string join_list(const std::vector<std::string>& elements);

// Without what Java's String.trim removes: everything up to U+0020 at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);

[[nodiscard]] bool equal_any_case(std::string_view a, std::string_view b);

}  // namespace odradek::config
