#include "config/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ensure.h"
#include "config/detail/duration.h"

namespace odradek::config {

namespace {

std::unexpected<Error> invalid(const Option& option, std::string_view value, std::string_view allowed) {
  return fail(Errc::InvalidConfig, fmt::format("Invalid value {} for configuration {}: {}",
                                               option.is_sensitive() ? "[hidden]" : value, option.name, allowed));
}

bool has_word(std::string_view words, std::string_view word, bool any_case) {
  return std::ranges::any_of(split_list(words), [&](const std::string& allowed) {
    return any_case ? equal_any_case(allowed, word) : allowed == word;
  });
}

// Java's parsers take a leading plus sign, from_chars does not.
std::string_view without_plus(std::string_view text) {
  const bool plus = text.starts_with('+') && !text.starts_with("+-") && !text.starts_with("++");
  return plus ? text.substr(1) : text;
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  const std::string_view digits = without_plus(text);
  Number parsed{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  return whole ? std::optional(parsed) : std::nullopt;
}

int64_t least(OptionType type) {
  return type == OptionType::Short ? std::numeric_limits<int16_t>::min()
         : type == OptionType::Int ? std::numeric_limits<int32_t>::min()
                                   : std::numeric_limits<int64_t>::min();
}

int64_t most(OptionType type) {
  return type == OptionType::Short ? std::numeric_limits<int16_t>::max()
         : type == OptionType::Int ? std::numeric_limits<int32_t>::max()
                                   : std::numeric_limits<int64_t>::max();
}

// Bounds are whole numbers below 2^53 or halves, so comparing as doubles is exact where it matters.
Result<> check_range(const Option& option, double value, std::string_view printed) {
  const Accepts& accepts = option.accepts;
  const bool has_high = accepts.high != std::numeric_limits<double>::infinity();
  const bool inside = value >= accepts.low && value <= accepts.high;
  if (accepts.kind == Accepts::Kind::RangeOrMinusOne && !inside && value != -1) {
    return invalid(option, printed,
                   fmt::format("Value must be between {} and {} or equal to -1", accepts.low, accepts.high));
  }
  if (accepts.kind == Accepts::Kind::Range && !inside) {
    return invalid(option, printed,
                   has_high ? fmt::format("Value must be between {} and {}", accepts.low, accepts.high)
                            : fmt::format("Value must be at least {}", accepts.low));
  }
  return {};
}

Result<Value> parse_boolean(const Option& option, std::string_view text) {
  if (equal_any_case(text, "true")) {
    return true;
  }
  if (equal_any_case(text, "false")) {
    return false;
  }
  return invalid(option, text, "Value must be either true or false");
}

Result<Value> parse_integer(const Option& option, std::string_view text) {
  const auto parsed = number<int64_t>(text);
  if (!parsed || *parsed < least(option.type) || *parsed > most(option.type)) {
    return invalid(
        option, text,
        fmt::format("Not a number of type {} ({} to {})", name(option.type), least(option.type), most(option.type)));
  }
  TRY(check_range(option, static_cast<double>(*parsed), fmt::to_string(*parsed)));
  return *parsed;
}

Result<Value> parse_double(const Option& option, std::string_view text) {
  const auto parsed = number<double>(text);
  if (!parsed || std::isnan(*parsed)) {
    return invalid(option, text, "Not a number of type DOUBLE");
  }
  TRY(check_range(option, *parsed, java_text(*parsed)));
  return *parsed;
}

Result<Value> parse_text(const Option& option, std::string_view text) {
  const Accepts& accepts = option.accepts;
  const bool any_case = accepts.kind == Accepts::Kind::WordAnyCase;
  if ((accepts.kind == Accepts::Kind::Word || any_case) && !has_word(accepts.words, text, any_case)) {
    return invalid(option, text,
                   fmt::format("String must be one of{}: {}", any_case ? " (case insensitive)" : "", accepts.words));
  }
  if (accepts.kind == Accepts::Kind::NonEmptyText && text.empty()) {
    return invalid(option, text, "String must not be empty");
  }
  if (accepts.kind == Accepts::Kind::OffsetReset && text != "latest" && text != "earliest" &&
      !(text.starts_with("by_duration:") && detail::is_duration(text.substr(text.find(':') + 1)))) {
    return invalid(option, text, "Value must be earliest, latest or by_duration:<PnDTnHnMn.nS>");
  }
  return std::string(text);
}

// host:port
bool is_server(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return false;
  }
  const auto port = number<int32_t>(text.substr(colon + 1));
  return port && *port >= 0 && *port <= 65535;
}

// id@host:port
bool is_voter(std::string_view text) {
  const size_t at = text.find('@');
  if (at == std::string_view::npos) {
    return false;
  }
  const auto id = number<int32_t>(text.substr(0, at));
  return id && *id >= 0 && is_server(text.substr(at + 1));
}

bool is_replica(std::string_view text) {
  const auto is_digits = [](std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  const size_t colon = text.find(':');
  return colon != std::string_view::npos && is_digits(text.substr(0, colon)) && is_digits(text.substr(colon + 1));
}

Result<> check_elements(const Option& option, const std::vector<std::string>& elements, std::string_view text) {
  const Accepts& accepts = option.accepts;
  if (elements.empty()) {
    if (accepts.kind != Accepts::Kind::SomeElements) {
      return {};
    }
    return invalid(option, text,
                   fmt::format("The list must not be empty; valid elements are {}",
                               accepts.words.empty() ? "any that are not empty" : accepts.words));
  }
  for (const std::string& element : elements) {
    if (element.empty()) {
      return invalid(option, text, "Elements must not be empty");
    }
    if (!accepts.words.empty() && !has_word(accepts.words, element, false)) {
      return invalid(option, element, fmt::format("String must be one of: {}", accepts.words));
    }
  }
  return {};
}

void drop_repeated(std::vector<std::string>& elements) {
  std::vector<std::string> once;
  for (std::string& element : elements) {
    if (std::ranges::find(once, element) == once.end()) {
      once.push_back(std::move(element));
    }
  }
  elements = std::move(once);
}

Result<Value> parse_list(const Option& option, std::string_view text) {
  std::vector<std::string> elements = split_list(text);
  const Accepts::Kind kind = option.accepts.kind;
  if (kind == Accepts::Kind::ThrottledReplicas) {
    const bool all = elements.size() == 1 && elements.front() == "*";
    if (!all && !std::ranges::all_of(elements, is_replica)) {
      return invalid(option, text,
                     "Value must be * or a list of [partitionId]:[brokerId],[partitionId]:[brokerId],...");
    }
    return elements;
  }
  TRY(check_elements(option, elements, text));
  drop_repeated(elements);
  if (kind == Accepts::Kind::Voters && !std::ranges::all_of(elements, is_voter)) {
    return invalid(option, text, "Each element must be of the form {id}@{host}:{port}");
  }
  if (kind == Accepts::Kind::Servers && !std::ranges::all_of(elements, is_server)) {
    return invalid(option, text, "Each element must be of the form {host}:{port}");
  }
  return elements;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

bool equal_any_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> elements;
  text = trim(text);
  if (text.empty()) {
    return elements;
  }
  for (;;) {
    const size_t comma = text.find(',');
    elements.emplace_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) {
      return elements;
    }
    text.remove_prefix(comma + 1);
  }
}

std::string join_list(const std::vector<std::string>& elements) { return fmt::format("{}", fmt::join(elements, ",")); }

Result<Value> parse_value(const Option& option, std::string_view text) {
  text = trim(text);
  switch (option.type) {
    case OptionType::Boolean: return parse_boolean(option, text);
    case OptionType::Int:
    case OptionType::Short:
    case OptionType::Long: return parse_integer(option, text);
    case OptionType::Double: return parse_double(option, text);
    case OptionType::List: return parse_list(option, text);
    case OptionType::String:
    case OptionType::Class:
    case OptionType::Password: return parse_text(option, text);
    case OptionType::Unknown: break;
  }
  unreachable();
}

std::string text(const Value& value) {
  struct Printer {
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(int64_t v) const { return fmt::to_string(v); }
    std::string operator()(double v) const { return java_text(v); }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(const std::vector<std::string>& v) const { return join_list(v); }
  };
  return std::visit(Printer{}, value);
}

Result<std::string> canonical(const Option& option, std::string_view given) {
  TRY(const Value value, parse_value(option, given));
  return text(value);
}

std::string java_text(double value) {
  if (std::isinf(value)) {
    return value < 0 ? "-Infinity" : "Infinity";
  }
  const double size = std::abs(value);
  char buffer[400];
  const bool plain = size == 0 || (size >= 1e-3 && size < 1e7);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr;
  const std::string_view shortest(buffer, static_cast<size_t>(end - buffer));
  const auto with_point = [](std::string_view digits) {
    return digits.contains('.') ? std::string(digits) : std::string(digits) + ".0";
  };
  if (plain) {
    return with_point(shortest);
  }
  const size_t e = shortest.find('e');
  const auto exponent = number<int>(shortest.substr(e + 1));
  ensure(exponent.has_value());
  return fmt::format("{}E{}", with_point(shortest.substr(0, e)), *exponent);
}

}  // namespace odradek::config
