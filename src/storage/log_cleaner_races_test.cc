// Logs that change while they are compacted. Run with ODRADEK_TEST_SHARDS shards.
#include <string>
#include <vector>

#include "runtime/task_group.h"
#include "runtime/wait.h"
#include "storage/cleaner_fixture.h"

namespace odradek::storage {
namespace {

using Lines = std::vector<std::string>;

class LogCleanerRacesTest : public CleanerTest {
 protected:
  static constexpr int64_t now_ms = 1'800'000'000'000;

  void create_anew() {
    ASSERT_TRUE(run(files().remove_all(test_log_directory)).has_value());
    create();
  }
  CleaningPlan plan() {
    const auto plan = run(log().plan_cleaning(log().end_offset(), now_ms));
    EXPECT_TRUE(plan.has_value());
    return plan.value_or(CleaningPlan{});
  }
};

TEST_F(LogCleanerRacesTest, ItStopsForGoodThoughItIsCancelledForAMomentOnly) {
  constexpr int looks_max = 60;
  for (int cancelled_at = 1; cancelled_at < looks_max; ++cancelled_at) {
    SCOPED_TRACE(cancelled_at);
    create_anew();
    put({"a=1", "b=1"});
    put({"a=2", "c=1"});
    put({"d=1"});
    roll();
    int looks = 0;
    LogCleaner cleaner(log(), {}, [&] { return ++looks == cancelled_at; });
    const auto report = run(cleaner.clean(plan(), now_ms));
    ASSERT_TRUE(report.has_value());
    const bool was_cancelled = looks >= cancelled_at;
    EXPECT_EQ(report->is_complete, !was_cancelled);
    const Lines all{"0:a=1", "1:b=1", "2:a=2", "3:c=1", "4:d=1"};
    const Lines cleaned{"1:b=1", "2:a=2", "3:c=1", "4:d=1"};
    EXPECT_TRUE(left() == cleaned || (was_cancelled && left() == all));
  }
}

// Takes the first segment, files and all.
runtime::Task<void> retain_after(PartitionLog& log, runtime::Duration delay) {
  co_await runtime::sleep_for(delay);
  const Result<> moved = co_await log.delete_records_before(log.segment_starts()[1]);
  EXPECT_TRUE(moved.has_value());
  const Result<size_t> retired = co_await log.apply_retention(log.end_offset(), 0);
  EXPECT_TRUE(retired.has_value());
  const Result<> removed = co_await log.remove_deleted_files(runtime::never);
  EXPECT_TRUE(removed.has_value());
}

runtime::Task<void> clean_into(LogCleaner& cleaner, CleaningPlan plan, int64_t now_ms, Result<CleaningReport>& into) {
  into = co_await cleaner.clean(plan, now_ms);
}

TEST_F(LogCleanerRacesTest, WhatRetentionTakesMeanwhileIsNoFault) {
  options_.segment_bytes_max = 50'000;  // no two become one
  int completed = 0;
  for (int delay_ms = 0; delay_ms < 2'000; delay_ms += 100) {
    SCOPED_TRACE(delay_ms);
    create_anew();
    for (const std::string key : {"a", "b", "c"}) {
      for (int i = 0; i < 20; ++i) {
        put({key + "=" + std::string(2'000, 'x')});
      }
      roll();
    }
    LogCleaner cleaner(log(), {.buffer_bytes = 16 << 10, .bytes_per_second_max = 150'000}, [] { return false; });
    Result<CleaningReport> report = fail(Errc::Cancelled);
    runtime::TaskGroup group;
    group.spawn(clean_into(cleaner, plan(), now_ms, report));
    group.spawn(retain_after(log(), std::chrono::milliseconds(delay_ms)));
    run(group.join());
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_FALSE(log().is_failed());
    if (report->is_complete) {
      ++completed;
      EXPECT_EQ(left().size(), 2U);
    }
    EXPECT_EQ(log().start_offset(), Offset{20});
  }
  EXPECT_GT(completed, 12) << "only what is being rewritten must not go";
}

runtime::Task<void> look_up(PartitionLog& log, int64_t timestamp, const bool& is_done) {
  while (!is_done) {
    const auto found = co_await log.offset_for_timestamp(timestamp);
    EXPECT_TRUE(found && *found && (*found)->offset == Offset{2});
    co_await runtime::yield();
  }
}

runtime::Task<void> clean_until(LogCleaner& cleaner, CleaningPlan plan, int64_t now_ms, bool& is_done) {
  const auto report = co_await cleaner.clean(plan, now_ms);
  EXPECT_TRUE(report && report->is_complete);
  is_done = true;
}

TEST_F(LogCleanerRacesTest, ALookUpByTimestampFindsWhatMovesToAnotherSegment) {
  for (int round = 0; round < 100 && !HasFailure(); ++round) {
    create_anew();
    put({"a=1"}, {.timestamp = now_ms + 1});
    put({"a=2"}, {.timestamp = now_ms + 2});
    roll();
    put({"b=1"}, {.timestamp = now_ms + 3});
    roll();
    put({"c=1"}, {.timestamp = now_ms + 4});
    LogCleaner cleaner(log(), {}, [] { return false; });
    bool is_done = false;
    runtime::TaskGroup group;
    group.spawn(look_up(log(), now_ms + 3, is_done));
    group.spawn(clean_until(cleaner, plan(), now_ms, is_done));
    run(group.join());
    EXPECT_EQ(log().segment_count(), 2U);
  }
}

}  // namespace
}  // namespace odradek::storage
