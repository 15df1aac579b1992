#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "runtime/task_group.h"
#include "storage/cleaner_fixture.h"

namespace odradek::storage {

namespace {

class LogCleanerCrashTest : public CleanerTest {};

TEST_F(LogCleanerCrashTest, WhatAPowerCutMayTakeReplacesNothing) {
  options_.segment_bytes_max = 120;  // each stays for itself
  create();
  put({"a=1"});
  roll();
  ASSERT_TRUE(run(log().flush()).has_value());
  ASSERT_TRUE(disk().sync_all("/data").has_value());
  put({"a=2"});  // in the page cache alone
  roll();
  clean();
  disk().crash_to_synced();
  reopen_unclean();
  EXPECT_EQ(left(), std::vector<std::string>{"1:a=2"});
}

TEST_F(LogCleanerCrashTest, WhatWasCompactedAndIsLostIsCompactedAgain) {
  create();
  put({"a=1"});
  put({"a=2"});
  reopen({.directory = test_log_directory,
          .partition = test_partition,
          .was_clean = false,
          .recovery_point = Offset{0},
          .has_recovery_point = true,
          .start_offset = Offset{0},
          .first_dirty = Offset{5'000}});
  EXPECT_EQ(log().first_dirty_offset(), Offset{2});
}

// A power cut at any moment of a cleaning: what a reader finds afterwards is the log before or after, never less.
TEST_F(LogCleanerCrashTest, APowerCutAtAnyMomentLosesNothing) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    runtime::SimRuntime world(runtime::SimOptions{.seed = seed});
    LogOptions options = options_;
    const bool is_no_longer_compacted = seed % 2 == 0;  // when it starts again, and no checkpoint knows that it was
    if (is_no_longer_compacted) {
      options.segment_bytes_max = 120;  // each for itself: some are empty afterwards
    }
    std::unique_ptr<PartitionLog> log;
    const auto fill = [&]() -> runtime::Task<void> {
      auto& files = runtime::Shard::current().files();
      co_await files.create_directories("/data");
      auto made = co_await PartitionLog::create({.directory = test_log_directory, .partition = test_partition},
                                                test_topic, options);
      log = *std::move(made);
      const std::vector<std::vector<std::string>> batches{
          {"a=1", "b=1"}, {"a=2", "c=1", "d=1"}, {"b=2", "a=3", "b=3", "c=3"}, {"z=1"}};
      for (const auto& batch : batches) {
        const auto appended = co_await log->append(Blob(key_batch(batch)), {});
        EXPECT_TRUE(appended.has_value());
        const Result<> rolled = co_await log->roll();
        EXPECT_TRUE(rolled.has_value());
      }
      const Result<> flushed = co_await log->flush();
      EXPECT_TRUE(flushed.has_value());
      log->high_watermark_moved(log->end_offset());
      const Result<> synced = world.disk().sync_all("/data");
      EXPECT_TRUE(synced.has_value());
    };
    world.run(fill());
    runtime::TaskGroup tasks;
    bool ended = false;
    const auto work = [&]() -> runtime::Task<void> {
      const auto plan = co_await log->plan_cleaning(log->end_offset(), start_ms);
      LogCleaner cleaner(*log, {}, [] { return false; });
      const auto report = co_await cleaner.clean(*plan, start_ms);
      ended = true;
    };
    tasks.spawn(work());
    const auto moment = std::chrono::microseconds(world.chance().below(15'000));
    world.run_until([&] { return ended; }, moment);
    world.disk().crash();
    world.run_until([&] { return ended; });
    world.run(tasks.join());
    log.reset();
    LogPlace place{.directory = test_log_directory, .partition = test_partition};
    if (is_no_longer_compacted) {
      options.compacts = false;
      place.has_recovery_point = true;
    }
    const auto check = [&]() -> runtime::Task<void> {
      auto opened = co_await PartitionLog::open(place, options);
      EXPECT_TRUE(opened.has_value()) << (opened ? "" : opened.error().message);
      log = *std::move(opened);
    };
    world.run(check());
    ASSERT_NE(log, nullptr);
    EXPECT_EQ(log->end_offset(), Offset{10});
    // Read all; the last of each key must be there, and offsets ascend.
    std::vector<Offset> offsets;
    const auto read_all = [&]() -> runtime::Task<void> {
      Offset from = log->start_offset();
      while (from < log->end_offset()) {
        const auto result = co_await log->read(from, 1 << 20, log->end_offset(), true);
        EXPECT_TRUE(result.has_value());
        if (!result || result->records.empty()) {
          break;
        }
        const auto bytes = co_await runtime::read_blob(result->records);
        record::BatchScanner scanner(*bytes);
        for (;;) {
          const auto entry = scanner.next();
          if (!entry || !*entry) {
            break;
          }
          record::RecordReader reader((*entry)->bytes);
          for (;;) {
            const auto record = reader.next_record();
            if (!record || !*record) {
              break;
            }
            offsets.push_back((*record)->offset);
          }
          from = (*entry)->header.next_offset();
        }
      }
    };
    world.run(read_all());
    EXPECT_TRUE(std::ranges::is_sorted(offsets));
    EXPECT_EQ(std::ranges::adjacent_find(offsets), offsets.end());
    for (const int64_t last : {4, 6, 7, 8, 9}) {
      EXPECT_TRUE(std::ranges::find(offsets, Offset{last}) != offsets.end()) << last;
    }
    log.reset();
  }
}

}  // namespace

}  // namespace odradek::storage
