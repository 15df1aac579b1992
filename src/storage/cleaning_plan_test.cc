#include "storage/cleaning_plan.h"

#include <gtest/gtest.h>

namespace odradek::storage {

namespace {

constexpr int64_t now = 1'800'000'000'000;

// Segments of 100 offsets and so many bytes each; the last is active.
CleaningInput input(const std::vector<uint64_t>& sizes, int64_t first_dirty) {
  CleaningInput made{
      .segments = {}, .start = Offset{0}, .first_dirty = Offset{first_dirty}, .last_stable = {}, .now_ms = now};
  int64_t base = 0;
  for (const uint64_t size : sizes) {
    made.segments.push_back({.base = Offset{base},
                             .end = Offset{base + 100},
                             .size_bytes = size,
                             .index_bytes = 8,
                             .time_index_bytes = 12,
                             .largest_timestamp_ms = now - 1000,
                             .first_timestamp_ms = now - 2000});
    base += 100;
  }
  made.last_stable = Offset{base};
  return made;
}

TEST(CleaningPlan, TheActiveSegmentIsLeftOut) {
  const CleaningPlan plan = CleaningPlan::make(input({10, 10, 1000}, 0), {});
  EXPECT_EQ(plan.upper_bound, Offset{200});
  EXPECT_DOUBLE_EQ(plan.dirty_share, 1.0);
  EXPECT_TRUE(plan.is_due);
}

TEST(CleaningPlan, TheShareOfDirtyBytesDecides) {
  LogOptions options;
  options.min_cleanable_dirty_ratio = 0.5;
  EXPECT_FALSE(CleaningPlan::make(input({50, 50, 1}, 100), options).is_due);  // not above
  EXPECT_TRUE(CleaningPlan::make(input({50, 51, 1}, 100), options).is_due);
  EXPECT_FALSE(CleaningPlan::make(input({50, 51, 1}, 200), options).is_due);
  options.min_cleanable_dirty_ratio = 0;
  EXPECT_FALSE(CleaningPlan::make(input({50, 51, 1}, 200), options).is_due);  // there is nothing to do
}

TEST(CleaningPlan, TheSegmentOfTheLastStableOffsetIsTheBound) {
  CleaningInput facts = input({10, 10, 10, 10}, 0);
  facts.last_stable = Offset{150};
  EXPECT_EQ(CleaningPlan::make(facts, {}).upper_bound, Offset{100});
  facts.last_stable = Offset{200};
  EXPECT_EQ(CleaningPlan::make(facts, {}).upper_bound, Offset{200});
  facts.last_stable = Offset{0};
  EXPECT_FALSE(CleaningPlan::make(facts, {}).is_due);
}

TEST(CleaningPlan, YoungRecordsWait) {
  CleaningInput facts = input({10, 10, 10, 10}, 100);
  facts.segments[0].largest_timestamp_ms = now;  // compacted before: does not count
  facts.segments[2].largest_timestamp_ms = now - 10;
  LogOptions options;
  options.min_compaction_lag = std::chrono::milliseconds(500);
  EXPECT_EQ(CleaningPlan::make(facts, options).upper_bound, Offset{200});
  EXPECT_TRUE(needs_timestamps(options));
  EXPECT_FALSE(needs_timestamps({}));
}

TEST(CleaningPlan, OldRecordsAreOverdueWhateverTheShare) {
  CleaningInput facts = input({1000, 1, 1}, 100);
  LogOptions options;
  options.max_compaction_lag = std::chrono::milliseconds(2000);
  EXPECT_FALSE(CleaningPlan::make(facts, options).is_due);
  facts.segments[1].first_timestamp_ms = now - 2001;
  const CleaningPlan plan = CleaningPlan::make(facts, options);
  EXPECT_TRUE(plan.is_overdue);
  EXPECT_TRUE(plan.is_due);
}

TEST(CleaningPlan, ACheckpointThatDoesNotFitTheLogIsForgotten) {
  CleaningInput facts = input({10, 10, 10}, 5000);
  EXPECT_EQ(CleaningPlan::make(facts, {}).first_dirty, Offset{0});
  facts.first_dirty = Offset{50};
  facts.start = Offset{120};
  EXPECT_EQ(CleaningPlan::make(facts, {}).first_dirty, Offset{120});
}

TEST(GroupSegments, NeighboursAreJoinedUpToASegmentsSize) {
  LogOptions options;
  options.segment_bytes_max = 100;
  const auto facts = input({40, 60, 10, 100, 1, 1}, 0).segments;
  EXPECT_EQ(group_segments(facts, Offset{500}, Offset{500}, options), (std::vector<size_t>{2, 1, 1, 1}));
  EXPECT_EQ(group_segments(facts, Offset{201}, Offset{500}, options), (std::vector<size_t>{2, 1}));
  EXPECT_EQ(group_segments(facts, Offset{200}, Offset{500}, options), (std::vector<size_t>{2}));
}

TEST(GroupSegments, IndexesMustFitTogetherToo) {
  LogOptions options;
  options.segment_index_bytes_max = 24;
  EXPECT_EQ(group_segments(input({1, 1, 1, 1, 1}, 0).segments, Offset{400}, Offset{400}, options),
            (std::vector<size_t>{2, 2}));
}

TEST(GroupSegments, OffsetsStayWithin31Bits) {
  auto facts = input({1, 1, 1}, 0).segments;
  const int64_t far = int64_t{INT32_MAX} + 1;
  facts[1].base = Offset{100};
  facts[1].end = facts[2].base = Offset{far};
  facts[2].end = Offset{far + 100};
  EXPECT_EQ(group_segments(facts, Offset{far}, Offset{far}, {}), (std::vector<size_t>{2}));
  facts[1].end = facts[2].base = Offset{far + 1};
  EXPECT_EQ(group_segments(facts, Offset{far + 1}, Offset{far + 1}, {}), (std::vector<size_t>{1, 1}));
}

}  // namespace

}  // namespace odradek::storage
