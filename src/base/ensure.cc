#include "base/ensure.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace odradek {
namespace {

void put(std::string_view text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

void stop_process(std::string_view what, std::source_location where) noexcept {
  char line[16];
  const auto end = std::to_chars(line, line + sizeof line, where.line()).ptr;
  put("odradek: ");
  put(what);
  put(" at ");
  put(where.file_name());
  put(":");
  put({line, static_cast<size_t>(end - line)});
  put("\n");
  std::abort();
}

}  // namespace odradek
