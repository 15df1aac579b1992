// Clients' appends that come in one turn of the loop. Run with ODRADEK_TEST_SHARDS shards.
#include <gmock/gmock.h>

#include "runtime/task_group.h"
#include "storage/log_fixture.h"

namespace odradek::storage {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

class LogArrivalsTest : public LogTest {
 protected:
  LogArrivalsTest() { create(); }

  // All of them called before any runs on.
  std::vector<AppendResult> append_together(const std::vector<TestBatch>& sent, const AppendOptions& options = {}) {
    std::vector<AppendResult> results(sent.size(), AppendInfo{});
    runtime::TaskGroup group;
    for (size_t i = 0; i < sent.size(); ++i) {
      group.spawn([](PartitionLog& to, Bytes bytes, AppendOptions how, AppendResult& result) -> runtime::Task<void> {
        result = co_await to.append(Blob(std::move(bytes)), how);
      }(log(), sent[i].bytes(), options, results[i]));
    }
    run(group.join());
    return results;
  }

  static std::optional<Errc> error_of(const AppendResult& result) {
    return result ? std::nullopt : std::optional(result.error().error.code);
  }

  static std::vector<int64_t> firsts_of(const std::vector<AppendResult>& results) {
    std::vector<int64_t> firsts;
    for (const AppendResult& result : results) {
      firsts.push_back(result ? result->first.raw() : -1);
    }
    return firsts;
  }
};

TEST_F(LogArrivalsTest, SmallBatchesAreWrittenAtOnce) {
  append({});
  const uint64_t before = disk().operations();
  append({});
  const uint64_t for_one = disk().operations() - before;
  EXPECT_THAT(firsts_of(append_together(std::vector<TestBatch>(4, {.count = 2}))), ElementsAre(2, 4, 6, 8));
  EXPECT_EQ(disk().operations() - before, 2 * for_one);
  EXPECT_EQ(read_all(0).size(), 6U);
  EXPECT_EQ(log().end_offset(), Offset{10});
}

TEST_F(LogArrivalsTest, ARowGivesAnIndexOneEntryAtMost) {
  append_together(std::vector<TestBatch>(40, {.value_size = 500}));
  close();
  EXPECT_EQ(file("00000000000000000000.index").size(), 4U * 8U);
  reopen_clean();
  EXPECT_EQ(read_all(0).size(), 40U);
}

TEST_F(LogArrivalsTest, AProducersBatchesFollowEachOther) {
  const std::vector<TestBatch> sent{{.producer = 7, .sequence = 0},
                                    {.producer = 8, .sequence = 0},
                                    {.count = 3, .producer = 7, .sequence = 1},
                                    {.producer = 7, .sequence = 4},
                                    {.producer = 8, .sequence = 1}};
  EXPECT_THAT(firsts_of(append_together(sent)), ElementsAre(0, 1, 2, 5, 6));
  const std::vector<AppendResult> again = append_together(sent);
  EXPECT_THAT(firsts_of(again), ElementsAre(0, 1, 2, 5, 6));
  EXPECT_TRUE(again[2]->duplicate);
  EXPECT_EQ(log().end_offset(), Offset{7});
}

TEST_F(LogArrivalsTest, AGapAndARepetitionAreSeenWithinARow) {
  const std::vector<AppendResult> results = append_together({{.producer = 7, .sequence = 0},
                                                             {.producer = 7, .sequence = 0},
                                                             {.producer = 7, .sequence = 2},
                                                             {.producer = 7, .sequence = 1},
                                                             {.producer = 7, .epoch = 1, .sequence = 0},
                                                             {.producer = 7, .sequence = 2}});
  EXPECT_THAT(firsts_of(results), ElementsAre(0, 0, -1, 1, 2, -1));
  EXPECT_TRUE(results[1]->duplicate);
  EXPECT_EQ(error_of(results[2]), Errc::OutOfOrderSequence);
  EXPECT_EQ(error_of(results[5]), Errc::InvalidProducerEpoch);
  EXPECT_EQ(read_all(0).size(), 3U);
}

TEST_F(LogArrivalsTest, WhatIsRefusedLeavesTheOthersAlone) {
  options_.segment_bytes_max = 2000;
  log().update_options(options_);
  const std::vector<AppendResult> results =
      append_together({{}, {.count = 2, .timestamp = INT64_MAX / 2}, {.value_size = 3000}, {}});
  EXPECT_THAT(firsts_of(results), ElementsAre(0, -1, -1, 1));
  EXPECT_EQ(error_of(results[1]), Errc::InvalidTimestamp);
  EXPECT_EQ(results[1].error().records.size(), 2U);
  EXPECT_EQ(error_of(results[2]), Errc::RecordListTooLarge);
}

TEST_F(LogArrivalsTest, AFullDiskRefusesAllThatWouldHaveBeenWrittenAtOnce) {
  append({});
  disk().faults().capacity_bytes = disk().used_bytes() + 100;
  const std::vector<TestBatch> sent{{.producer = 7, .sequence = 0}, {.producer = 7, .sequence = 1}, {}};
  EXPECT_THAT(firsts_of(append_together(sent)), Each(-1));
  EXPECT_EQ(log().end_offset(), Offset{1});
  disk().faults().capacity_bytes = ~0ULL;
  EXPECT_THAT(firsts_of(append_together(sent)), ElementsAre(1, 2, 3));
  EXPECT_EQ(read_all(0).size(), 4U);
}

TEST_F(LogArrivalsTest, AFailedDiskFailsThemAll) {
  disk().faults().io_error_one_in = 1;
  const std::vector<AppendResult> results = append_together({{}, {.value_size = 9000}, {}});
  for (const AppendResult& result : results) {
    EXPECT_EQ(error_of(result), Errc::Io);
  }
  EXPECT_TRUE(log().is_failed());
}

TEST_F(LogArrivalsTest, WhoeverComesAfterAFailureIsToldOfTheDisk) {
  append({.producer = 7, .sequence = 0});
  disk().faults().io_error_one_in = 1;
  const std::vector<AppendResult> results = append_together({{.producer = 7, .sequence = 1},
                                                             {.value_size = 9000, .producer = 7, .sequence = 2},
                                                             {.producer = 7, .sequence = 0},
                                                             {.count = 2, .timestamp = INT64_MAX / 2}});
  for (const AppendResult& result : results) {
    EXPECT_EQ(error_of(result), Errc::Io);
  }
}

TEST_F(LogArrivalsTest, EachIsToldTheTimeThatTheTopicStampsItWith) {
  options_.produce.timestamp_type = record::TimestampType::LogAppendTime;
  log().update_options(options_);
  for (const AppendResult& result : append_together({{}, {.count = 3}})) {
    EXPECT_EQ(result->log_append_time, shard().wall_now());
  }
}

// At every moment of an append: what the batches say and what the log says of its epochs is the same, also once the
// log is read again from its batches.
TEST_F(LogArrivalsTest, AnEpochThatBeginsAmidAppendsBeginsWhereItsBatchesDo) {
  const LeaderEpoch last{40};
  for (LeaderEpoch epoch{2}; epoch <= last; epoch = LeaderEpoch(epoch.raw() + 1)) {
    SCOPED_TRACE(epoch.raw());
    const uint64_t due = sim.steps() + static_cast<uint64_t>(epoch.raw()) / 2;
    sim.interrupt([this, due] { return sim.steps() >= due; }, [this, epoch] { log().begin_epoch(epoch); });
    const LeaderEpoch before{epoch.raw() - 1};
    append_together({{}, {.count = 3}, {.value_size = 5000}, {}}, {.leader_epoch = before});
    log().begin_epoch(epoch);  // if they took fewer steps than that
    append_together({{}}, {.leader_epoch = epoch});
    for (const ReadBatch& batch : read_all(0)) {
      ASSERT_EQ(log().epoch_at(batch.first), batch.epoch) << "at " << batch.first.raw();
    }
  }
  const std::vector<EpochStart> known = log().epochs().entries();
  reopen_unclean();
  EXPECT_EQ(log().epochs().entries(), known);
}

TEST_F(LogArrivalsTest, SaysAtOnceThatTheOrderIsFixed) {
  int ordered = 0;
  const std::function<void()> count = [&] { ++ordered; };
  runtime::TaskGroup group;
  std::vector<Offset> firsts(3, Offset{-1});
  for (Offset& first : firsts) {
    group.spawn(
        [](PartitionLog& to, Bytes bytes, const std::function<void()>* told, Offset& first) -> runtime::Task<void> {
          const AppendResult result = co_await to.append(Blob(std::move(bytes)), {.ordered = told});
          first = result->first;
        }(log(), TestBatch{}.bytes(), &count, first));
  }
  EXPECT_EQ(ordered, 3);
  run(group.join());
  EXPECT_THAT(firsts, ElementsAre(Offset{0}, Offset{1}, Offset{2}));
}

}  // namespace
}  // namespace odradek::storage
