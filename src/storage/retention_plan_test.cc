#include "storage/retention_plan.h"

#include <gtest/gtest.h>

namespace odradek::storage {
namespace {

// Three segments of ten records and 100 bytes; the last is active.
RetentionInput three_segments() {
  RetentionInput input{.segments = {}, .start = Offset{0}, .high_watermark = Offset{30}, .now_ms = 10'000};
  for (int64_t i = 0; i < 3; ++i) {
    input.segments.push_back({.base = Offset{i * 10},
                              .end = Offset{i * 10 + 10},
                              .size_bytes = 100,
                              .largest_timestamp_ms = 1000 * (i + 1)});
  }
  return input;
}

size_t count(const RetentionInput& input, int64_t bytes, int64_t ms, bool deletes = true) {
  LogOptions options;
  options.deletes = deletes;
  options.retention_bytes = bytes;
  options.retention_ms = ms;
  return RetentionPlan::make(input, options).segments_to_delete;
}

TEST(RetentionPlan, KeepsEverythingWithoutLimits) { EXPECT_EQ(count(three_segments(), -1, -1), 0U); }

TEST(RetentionPlan, DeletesWhatExceedsTheSize) {
  EXPECT_EQ(count(three_segments(), 250, -1), 0U);
  EXPECT_EQ(count(three_segments(), 200, -1), 1U);
  EXPECT_EQ(count(three_segments(), 0, -1), 3U);
}

TEST(RetentionPlan, DeletesWhatIsTooOld) {
  EXPECT_EQ(count(three_segments(), -1, 8000), 1U);
  EXPECT_EQ(count(three_segments(), -1, 9000), 0U);
  EXPECT_EQ(count(three_segments(), -1, 0), 3U);
}

TEST(RetentionPlan, StopsAtTheHighWatermark) {
  RetentionInput input = three_segments();
  input.high_watermark = Offset{15};
  EXPECT_EQ(count(input, 0, 0), 1U);
}

TEST(RetentionPlan, DeletesBelowTheStartWhateverThePolicy) {
  RetentionInput input = three_segments();
  input.start = Offset{20};
  EXPECT_EQ(count(input, 0, 0, false), 2U);
  input.start = Offset{30};
  EXPECT_EQ(count(input, -1, -1), 2U);
}

TEST(RetentionPlan, AnEmptyActiveSegmentStays) {
  RetentionInput input = three_segments();
  input.segments.push_back({.base = Offset{30}, .end = Offset{30}, .size_bytes = 0, .largest_timestamp_ms = 0});
  EXPECT_EQ(count(input, -1, 0), 3U);
}

}  // namespace
}  // namespace odradek::storage
