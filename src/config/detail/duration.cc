#include "config/detail/duration.h"

namespace odradek::config::detail {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// Takes digits, perhaps with a fraction, and the unit after them; the unit, or 0 where there is no such thing.
// Nineteen digits of nanoseconds are all that Java holds, so a longer number is refused.
char take_part(std::string_view& text) {
  size_t i = 0;
  while (i < text.size() && is_digit(text[i])) {
    ++i;
  }
  if (i == 0 || i > 15) {
    return 0;
  }
  const bool has_fraction = i < text.size() && text[i] == '.';
  if (has_fraction) {
    const size_t point = i++;
    while (i < text.size() && is_digit(text[i])) {
      ++i;
    }
    if (i - point > 10) {
      return 0;
    }
  }
  if (i == text.size()) {
    return 0;
  }
  const char unit = upper(text[i]);
  text.remove_prefix(i + 1);
  return has_fraction && unit != 'S' ? '\0' : unit;
}

}  // namespace

bool is_duration(std::string_view text) {
  if (text.size() < 3 || upper(text[0]) != 'P') {
    return false;
  }
  text.remove_prefix(1);
  if (upper(text[0]) != 'T') {
    if (take_part(text) != 'D') {
      return false;
    }
    if (text.empty()) {
      return true;
    }
  }
  if (upper(text[0]) != 'T') {
    return false;
  }
  text.remove_prefix(1);
  std::string_view units = "HMS";  // those that may still come
  while (!text.empty()) {
    const char unit = take_part(text);
    const size_t place = unit == 0 ? std::string_view::npos : units.find(unit);
    if (place == std::string_view::npos) {
      return false;
    }
    units.remove_prefix(place + 1);
  }
  return units.size() < 3;
}

}  // namespace odradek::config::detail
