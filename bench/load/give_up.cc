#include "load/give_up.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace odradek::bench {

void give_up(std::string_view why) {
  fmt::print(stderr, "odradek_load: {}\n", why);
  // Without destructors: other threads may still be at work.
  ::_exit(EXIT_FAILURE);
}

void give_up_errno(std::string_view what) { give_up(fmt::format("{}: {}", what, std::strerror(errno))); }

}  // namespace odradek::bench
