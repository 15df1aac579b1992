#include "observe/metrics.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace odradek::observe {

// Values below 8 have a bucket each; above, the three bits after the leading one choose among eight.
size_t Histogram::bucket_of(uint64_t value) {
  if (value < steps) {
    return static_cast<size_t>(value);
  }
  const auto doublings = static_cast<size_t>(std::bit_width(value)) - 4;
  return (doublings + 1) * steps + static_cast<size_t>((value >> doublings) - steps);
}

uint64_t Histogram::upper_end(size_t bucket) {
  if (bucket < steps) {
    return bucket;
  }
  const size_t doublings = bucket / steps - 1;
  return (((bucket % steps) + steps + 1) << doublings) - 1;
}

void Histogram::record(uint64_t value) {
  ++buckets_[bucket_of(value)];
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
}

uint64_t Histogram::quantile(double q) const {
  const auto rank = static_cast<uint64_t>(std::ceil(q * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < bucket_count; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank && seen > 0) {
      return std::min(upper_end(bucket), max_);
    }
  }
  return max_;
}

void Histogram::merge(const Histogram& other) {
  for (size_t bucket = 0; bucket < bucket_count; ++bucket) {
    buckets_[bucket] += other.buckets_[bucket];
  }
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

void MetricRegistry::merge(const MetricRegistry& other) {
  for (const auto& [name, counter] : other.counters_) {
    this->counter(name).merge(counter);
  }
  for (const auto& [name, gauge] : other.gauges_) {
    this->gauge(name).merge(gauge);
  }
  for (const auto& [name, histogram] : other.histograms_) {
    this->histogram(name).merge(histogram);
  }
}

}  // namespace odradek::observe
