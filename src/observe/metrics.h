// Counts and distributions, kept per shard and added up when somebody asks.
//
// All of it are values of one shard, without locks: a shard's registry is copied, the copies are merged.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace odradek::observe {

class Counter {
 public:
  void add(uint64_t count = 1) { value_ += count; }
  [[nodiscard]] uint64_t value() const { return value_; }
  void merge(const Counter& other) { value_ += other.value_; }

 private:
  uint64_t value_ = 0;
};

// A level that rises and falls; of several shards, their sum.
class Gauge {
 public:
  void set(int64_t value) { value_ = value; }
  void add(int64_t change) { value_ += change; }
  [[nodiscard]] int64_t value() const { return value_; }
  void merge(const Gauge& other) { value_ += other.value_; }

 private:
  int64_t value_ = 0;
};

// How often values of which size came: 8 buckets to each doubling, so a quantile is right within 12.5 %.
class Histogram {
 public:
  void record(uint64_t value);
  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] uint64_t sum() const { return sum_; }
  [[nodiscard]] uint64_t max() const { return max_; }

  // The upper end of the bucket in which the value lies that a share `q` (0 to 1) of all do not exceed; 0 when nothing
  // was recorded.
  [[nodiscard]] uint64_t quantile(double q) const;
  void merge(const Histogram& other);

 private:
  static constexpr size_t steps = 8;  // per doubling
  static constexpr size_t bucket_count = 62 * steps;
  static size_t bucket_of(uint64_t value);
  static uint64_t upper_end(size_t bucket);

  std::array<uint32_t, bucket_count> buckets_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t max_ = 0;
};

// One shard's metrics by name. References stay valid as long as the registry.
class MetricRegistry {
 public:
  [[nodiscard]] Counter& counter(std::string_view name) { return at(counters_, name); }
  [[nodiscard]] Gauge& gauge(std::string_view name) { return at(gauges_, name); }
  [[nodiscard]] Histogram& histogram(std::string_view name) { return at(histograms_, name); }

  // Adds what another shard counted.
  void merge(const MetricRegistry& other);

  [[nodiscard]] const auto& counters() const { return counters_; }
  [[nodiscard]] const auto& gauges() const { return gauges_; }
  [[nodiscard]] const auto& histograms() const { return histograms_; }

 private:
  template <typename Metric>
  using ByName = std::map<std::string, Metric, std::less<>>;

  template <typename Metric>
  static Metric& at(ByName<Metric>& metrics, std::string_view name) {
    const auto found = metrics.find(name);
    return found != metrics.end() ? found->second : metrics.emplace(name, Metric{}).first->second;
  }

  ByName<Counter> counters_;
  ByName<Gauge> gauges_;
  ByName<Histogram> histograms_;
};

}  // namespace odradek::observe
