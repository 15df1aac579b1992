#include "load/report.h"

#include <algorithm>

#include <fmt/format.h>

namespace odradek::bench {

uint64_t wall_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

Report::Report(std::string_view measure) : fields_(fmt::format(R"("measure":"{}")", measure)) {}

void Report::add(std::string_view name, double value) { fields_ += fmt::format(R"(,"{}":{:.6g})", name, value); }

void Report::add(std::string_view name, uint64_t value) { fields_ += fmt::format(R"(,"{}":{})", name, value); }

void Report::print() const {
  fmt::print("{{{}}}\n", fields_);
  std::fflush(stdout);
}

void Latencies::report(Report& to) const {
  std::vector<float> sorted = micros_;
  std::ranges::sort(sorted);
  const auto at = [&sorted](double share) {
    const auto index = static_cast<size_t>(share * static_cast<double>(sorted.size()));
    return sorted.empty() ? 0.0 : static_cast<double>(sorted[std::min(index, sorted.size() - 1)]);
  };
  to.add("p50_us", at(0.5));
  to.add("p99_us", at(0.99));
  to.add("p999_us", at(0.999));
  to.add("max_us", at(1));
}

}  // namespace odradek::bench
