// What a measurement found: one line of JSON on standard output.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace odradek::bench {

using Clock = std::chrono::steady_clock;

[[nodiscard]] double seconds_since(Clock::time_point begin);

// Milliseconds since 1970, to be compared with what other processes say.
[[nodiscard]] uint64_t wall_ms();

class Report {
 public:
  explicit Report(std::string_view measure);
  void add(std::string_view name, double value);
  void add(std::string_view name, uint64_t value);
  void print() const;

 private:
  std::string fields_;
};

// Durations of single operations.
class Latencies {
 public:
  void add(Clock::duration latency) { micros_.push_back(std::chrono::duration<float, std::micro>(latency).count()); }
  [[nodiscard]] size_t count() const { return micros_.size(); }

  // Adds p50_us, p99_us, p999_us and max_us; all zero if there is none.
  void report(Report& to) const;

 private:
  std::vector<float> micros_;
};

}  // namespace odradek::bench
