#include "storage/detail/checkpoint_text.h"

namespace odradek::storage::detail {

namespace {

// Cuts the first line off `text`.
std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

Result<std::vector<std::string_view>> checkpoint_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  if (text.empty()) {
    return lines;
  }
  if (take_line(text) != "0") {
    return fail(Errc::CorruptMessage, "checkpoint of an unknown version");
  }
  const auto count = parse_number<size_t>(take_line(text));
  while (!text.empty()) {
    lines.push_back(take_line(text));
  }
  if (count != lines.size()) {
    return fail(Errc::CorruptMessage, "checkpoint whose count does not match its entries");
  }
  return lines;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  size_t at = 0;
  while ((at = line.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const size_t end = std::min(line.find_first_of(" \t", at), line.size());
    found.push_back(line.substr(at, end - at));
    at = end;
  }
  return found;
}

}  // namespace odradek::storage::detail
