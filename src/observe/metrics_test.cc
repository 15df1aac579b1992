#include "observe/metrics.h"

#include <gtest/gtest.h>

namespace odradek::observe {
namespace {

TEST(Histogram, QuantilesAreWithinAnEighth) {
  Histogram histogram;
  for (uint64_t value = 1; value <= 10'000; ++value) {
    histogram.record(value);
  }
  EXPECT_EQ(histogram.count(), 10'000U);
  EXPECT_GE(histogram.quantile(0.5), 5'000U);
  EXPECT_LE(histogram.quantile(0.5), 5'625U);
  EXPECT_GE(histogram.quantile(0.99), 9'900U);
  EXPECT_EQ(histogram.quantile(1.0), 10'000U);
  EXPECT_EQ(histogram.max(), 10'000U);
}

TEST(Histogram, SmallAndHugeValuesHaveTheirPlace) {
  Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0U);
  histogram.record(0);
  EXPECT_EQ(histogram.quantile(0.5), 0U);
  histogram.record(~0ULL);
  EXPECT_EQ(histogram.quantile(1.0), ~0ULL);
  for (uint64_t value = 0; value < 16; ++value) {
    Histogram exact;
    exact.record(value);
    exact.record(1000);
    EXPECT_EQ(exact.quantile(0.5), value);
  }
}

TEST(MetricRegistry, MergingAddsWhatBothCounted) {
  MetricRegistry a;
  MetricRegistry b;
  Counter& requests = a.counter("requests");
  requests.add(2);
  b.counter("requests").add(3);
  b.gauge("connections").set(4);
  b.histogram("latency_us").record(100);
  a.merge(b);
  EXPECT_EQ(requests.value(), 5U);
  EXPECT_EQ(a.gauge("connections").value(), 4);
  EXPECT_EQ(a.histogram("latency_us").count(), 1U);
}

}  // namespace
}  // namespace odradek::observe
