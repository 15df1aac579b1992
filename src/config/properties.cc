#include "config/properties.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>

#include <fmt/format.h>

namespace odradek::config {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }

std::string_view without_leading_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  return text;
}

bool ends_in_continuation(std::string_view line) {
  size_t backslashes = 0;
  while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') {
    ++backslashes;
  }
  return backslashes % 2 == 1;
}

// Hands out natural lines, without their ends (LF, CR or CR LF).
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] int number() const { return number_; }  // of the line last taken

  std::string_view take() {
    ++number_;
    const size_t end = rest_.find_first_of("\r\n");
    const std::string_view line = rest_.substr(0, end);
    if (end == std::string_view::npos) {
      rest_ = {};
      return line;
    }
    const bool two = rest_.substr(end, 2) == "\r\n";
    rest_.remove_prefix(end + (two ? 2 : 1));
    return line;
  }

 private:
  std::string_view rest_;
  int number_ = 0;
};

void append_utf8(std::string& out, uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | (point >> 6));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | (point >> 12));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (point >> 18));
    out += static_cast<char>(0x80 | ((point >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

// The four hexadecimal digits at `at`.
Result<uint32_t> code_unit(std::string_view text, size_t at, int line) {
  const std::string_view digits = text.substr(std::min(at, text.size()), 4);
  uint32_t unit = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  if (digits.size() < 4 || error != std::errc{} || end != digits.data() + 4) {
    return fail(Errc::InvalidConfig, fmt::format("line {}: \\u must be followed by four hexadecimal digits", line));
  }
  return unit;
}

Result<std::string> unescape(std::string_view text, int line) {
  std::string out;
  uint32_t high_surrogate = 0;  // the first half of a pair, waiting for the second
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char escaped = text[++i];
    switch (escaped) {
      case 't': out += '\t'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 'f': out += '\f'; break;
      case 'u': {
        TRY(const uint32_t unit, code_unit(text, i + 1, line));
        i += 4;
        if (unit >= 0xD800 && unit < 0xDC00) {
          high_surrogate = unit;
        } else if (unit >= 0xDC00 && unit < 0xE000) {
          const bool paired = high_surrogate != 0;
          append_utf8(out, paired ? 0x10000 + ((high_surrogate - 0xD800) << 10) + (unit - 0xDC00) : 0xFFFD);
          high_surrogate = 0;
        } else {
          append_utf8(out, unit);
        }
        break;
      }
      default: out += escaped; break;
    }
  }
  return out;
}

Result<Property> parse_logical_line(std::string_view text, int line) {
  size_t key_end = 0;
  while (key_end < text.size() && !is_blank(text[key_end]) && text[key_end] != '=' && text[key_end] != ':') {
    key_end += text[key_end] == '\\' ? 2 : 1;
  }
  key_end = std::min(key_end, text.size());
  std::string_view value = without_leading_blanks(text.substr(key_end));
  if (!value.empty() && (value.front() == '=' || value.front() == ':')) {
    value = without_leading_blanks(value.substr(1));
  }
  Property property;
  property.line = line;
  TRY(property.key, unescape(text.substr(0, key_end), line));
  TRY(property.value, unescape(value, line));
  return property;
}

std::vector<Property> last_of_each_key(std::vector<Property> all) {
  std::map<std::string, size_t> last;
  for (size_t i = 0; i < all.size(); ++i) {
    last[all[i].key] = i;
  }
  std::vector<Property> kept;
  for (size_t i = 0; i < all.size(); ++i) {
    if (last[all[i].key] == i) {
      kept.push_back(std::move(all[i]));
    }
  }
  return kept;
}

}  // namespace

Result<std::vector<Property>> parse_properties(std::string_view text) {
  std::vector<Property> all;
  Lines lines(text);
  while (!lines.at_end()) {
    const std::string_view first = without_leading_blanks(lines.take());
    if (first.empty() || first.front() == '#' || first.front() == '!') {
      continue;
    }
    const int begins_at = lines.number();
    std::string logical(first);
    while (ends_in_continuation(logical)) {
      logical.pop_back();
      if (lines.at_end()) {
        break;
      }
      logical += without_leading_blanks(lines.take());
    }
    TRY(Property property, parse_logical_line(logical, begins_at));
    all.push_back(std::move(property));
  }
  return last_of_each_key(std::move(all));
}

}  // namespace odradek::config
