#include "load/process.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <fmt/format.h>

#include "load/give_up.h"

namespace odradek::bench {
namespace {

std::string proc_file(pid_t pid, const char* name) {
  std::ifstream in(fmt::format("/proc/{}/{}", pid, name));
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.empty()) {
    give_up(fmt::format("there is no process {}", pid));
  }
  return text;
}

}  // namespace

double cpu_seconds_of(pid_t pid) {
  if (pid == 0) {
    return 0;
  }
  // The name, in parentheses, may hold anything; the state follows it, and 10 fields later utime and stime.
  const std::string stat = proc_file(pid, "stat");
  std::istringstream in(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int field = 0; field < 11; ++field) {
    in >> skipped;
  }
  uint64_t user = 0;
  uint64_t system = 0;
  in >> user >> system;
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

uint64_t resident_bytes_of(pid_t pid) {
  if (pid == 0) {
    return 0;
  }
  std::istringstream in(proc_file(pid, "statm"));
  uint64_t virtual_pages = 0;
  uint64_t resident_pages = 0;
  in >> virtual_pages >> resident_pages;
  return resident_pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace odradek::bench
