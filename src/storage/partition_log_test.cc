// Run with ODRADEK_TEST_SHARDS shards.
#include "storage/partition_log.h"

#include <gmock/gmock.h>

#include "runtime/task_group.h"
#include "storage/log_fixture.h"

namespace odradek::storage {
namespace {

using ::testing::ElementsAre;

ReadBatch batch(int64_t first, int64_t last, int32_t epoch = 0) {
  return {Offset{first}, Offset{last}, LeaderEpoch{epoch}};
}

class PartitionLogTest : public LogTest {};

TEST_F(PartitionLogTest, GivesRecordsTheNextOffsets) {
  create();
  const AppendInfo first = append({.count = 3});
  const AppendInfo second = append({.count = 2}, {.leader_epoch = LeaderEpoch{4}});
  EXPECT_EQ(first.first, Offset{0});
  EXPECT_EQ(first.last, Offset{2});
  EXPECT_EQ(second.first, Offset{3});
  EXPECT_EQ(second.log_append_time, no_timestamp);
  EXPECT_EQ(log().end_offset(), Offset{5});
  EXPECT_THAT(read_all(0), ElementsAre(batch(0, 2), batch(3, 4, 4)));
  EXPECT_EQ(log().epoch_at(Offset{3}), LeaderEpoch{4});
}

TEST_F(PartitionLogTest, StampsRecordsWhereTheTopicSaysSo) {
  options_.produce.timestamp_type = record::TimestampType::LogAppendTime;
  create();
  const AppendInfo info = append({.count = 2});
  EXPECT_NEAR(static_cast<double>(info.log_append_time), static_cast<double>(shard().wall_now()), 10'000.0);
  EXPECT_THAT(read_all(0), ElementsAre(batch(0, 1)));
}

TEST_F(PartitionLogTest, NamesTheRecordsThatBreakARule) {
  options_.produce.timestamp_after_max_ms = 1000;
  create();
  const AppendResult result = try_append(TestBatch{.count = 2, .timestamp = 4'000'000'000'000}.bytes());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().error.code, Errc::InvalidTimestamp);
  EXPECT_EQ(result.error().records.size(), 2U);
  EXPECT_EQ(log().end_offset(), Offset{0});
}

TEST_F(PartitionLogTest, ReadsFromTheBatchThatHoldsTheOffset) {
  create();
  append({.count = 3});
  append({.count = 3});
  append({.count = 3});
  const auto result = read(4);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->first, Offset{3});
  EXPECT_THAT(batches_in(bytes_of(result->records)), ElementsAre(batch(3, 5), batch(6, 8)));
}

TEST_F(PartitionLogTest, ReadsNothingAtTheEndAndFailsBeyond) {
  create();
  append({.count = 3});
  EXPECT_TRUE(read(3)->records.empty());
  EXPECT_EQ(read(4).error().code, Errc::OffsetOutOfRange);
  EXPECT_EQ(read(-1).error().code, Errc::OffsetOutOfRange);
}

TEST_F(PartitionLogTest, NeverReadsAboveTheBound) {
  create();
  append({.count = 3});
  append({.count = 3});
  append({.count = 3});
  const auto result = read(0, 1 << 20, 6);
  EXPECT_THAT(batches_in(bytes_of(result->records)), ElementsAre(batch(0, 2), batch(3, 5)));
  EXPECT_TRUE(read(6, 1 << 20, 6)->records.empty());
}

TEST_F(PartitionLogTest, CutsAtTheByteLimitButGivesOneBatchWhenAsked) {
  create();
  append({.count = 1, .value_size = 1000});
  append({.count = 1, .value_size = 1000});
  EXPECT_EQ(read(0, 1200)->records.size(), 1200U);
  EXPECT_GT(read(0, 100)->records.size(), 1000U);
  EXPECT_FALSE(read(0, 100)->first_batch_incomplete);
  const auto cut = read(0, 100, INT64_MAX, false);
  EXPECT_EQ(cut->records.size(), 100U);
  EXPECT_TRUE(cut->first_batch_incomplete);
}

TEST_F(PartitionLogTest, RollsWhenTheSegmentIsFull) {
  options_.segment_bytes_max = 1000;
  create();
  for (int i = 0; i < 10; ++i) {
    append({.count = 2, .value_size = 100});
  }
  EXPECT_GT(log().segment_count(), 2U);
  EXPECT_EQ(read_all(0).size(), 10U);
  EXPECT_EQ(read_all(7).size(), 7U);
  EXPECT_EQ(append_error({.count = 1, .value_size = 2000}), Errc::RecordListTooLarge);
}

TEST_F(PartitionLogTest, RollsByTheTimestampsOfItsRecords) {
  options_.segment_age_max = std::chrono::milliseconds(1000);
  create();
  append({.timestamp = 1'000'000});
  append({.timestamp = 1'001'000});
  EXPECT_EQ(log().segment_count(), 1U);
  append({.timestamp = 1'001'001});
  EXPECT_EQ(log().segment_count(), 2U);
}

TEST_F(PartitionLogTest, AnswersADuplicateWithTheFirstOffset) {
  create();
  append({.count = 3, .producer = 7, .sequence = 0});
  append({.count = 2, .producer = 7, .sequence = 3});
  const AppendInfo again = append({.count = 3, .producer = 7, .sequence = 0});
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.first, Offset{0});
  EXPECT_EQ(again.last, Offset{2});
  EXPECT_EQ(log().end_offset(), Offset{5});
  EXPECT_EQ(append_error({.count = 1, .producer = 7, .sequence = 9}), Errc::OutOfOrderSequence);
  EXPECT_EQ(append({.count = 1, .producer = 7, .sequence = 5}).first, Offset{5});
}

TEST_F(PartitionLogTest, ATransactionHoldsReadersBackUntilItsMarkerIsReplicated) {
  create();
  append({.count = 2});
  append({.count = 2, .producer = 7, .sequence = 0, .transactional = true});
  EXPECT_EQ(log().first_unstable_offset(), Offset{2});
  const AppendInfo marker = end_transaction(7, 0, false);
  EXPECT_EQ(marker.first, Offset{4});
  EXPECT_EQ(log().first_unstable_offset(), Offset{2});
  log().high_watermark_moved(Offset{5});
  EXPECT_EQ(log().first_unstable_offset(), std::nullopt);
  const auto aborted = run(log().aborted_transactions(Offset{0}, Offset{5}));
  ASSERT_TRUE(aborted.has_value());
  EXPECT_THAT(*aborted, ElementsAre(AbortedTransaction{ProducerId{7}, Offset{2}, Offset{4}, Offset{5}}));
}

TEST_F(PartitionLogTest, RecordsThatAreDeletedHoldNobodyBack) {
  create();
  append({.producer = 5, .sequence = 0, .transactional = true});
  append({.count = 2});
  EXPECT_EQ(log().first_unstable_offset(), Offset{0});
  ASSERT_TRUE(run(log().delete_records_before(Offset{2})).has_value());
  EXPECT_EQ(log().first_unstable_offset(), Offset{2});
}

TEST_F(PartitionLogTest, ReopensAfterACleanStopAsItWas) {
  options_.segment_bytes_max = 2000;
  options_.index_interval_bytes = 200;
  create();
  for (int i = 0; i < 30; ++i) {
    append({.count = 2, .value_size = 100, .producer = 7, .sequence = i * 2}, {.leader_epoch = LeaderEpoch{i / 10}});
  }
  const auto before = read_all(0);
  const auto epochs = log().epochs().entries();
  close();
  reopen_clean();
  EXPECT_EQ(log().topic_id(), test_topic);
  EXPECT_EQ(log().end_offset(), Offset{60});
  EXPECT_EQ(log().flushed_offset(), Offset{60});
  EXPECT_EQ(log().epochs().entries(), epochs);
  EXPECT_EQ(log().producers().find(ProducerId{7})->last_sequence(), 59);
  EXPECT_EQ(read_all(0), before);
  EXPECT_EQ(append({.count = 1, .producer = 7, .sequence = 60}, {.leader_epoch = LeaderEpoch{2}}).first, Offset{60});
}

TEST_F(PartitionLogTest, ReopensAfterAnUncleanStopWithTheTornEndCutOff) {
  options_.segment_bytes_max = 2000;
  options_.index_interval_bytes = 200;
  create();
  for (int i = 0; i < 30; ++i) {
    append({.count = 2, .value_size = 100, .producer = 7, .sequence = i * 2});
  }
  const auto before = read_all(0);
  const std::string last = "00000000000000000056.log";
  ASSERT_TRUE(has_file(last));
  const Bytes whole = file(last);
  Bytes torn = whole;
  torn.insert(torn.end(), whole.begin(), whole.begin() + 90);
  ASSERT_TRUE(run(files().replace_file(test_log_directory + "/" + last, torn)).has_value());
  reopen_unclean();
  EXPECT_EQ(log().end_offset(), Offset{60});
  EXPECT_EQ(read_all(0), before);
  EXPECT_EQ(file(last), whole);
  EXPECT_EQ(log().producers().find(ProducerId{7})->last_sequence(), 59);
}

TEST_F(PartitionLogTest, RecoveryCutsAtTheFirstDamagedBatch) {
  create();
  append({.count = 2});
  const auto size = log().size_bytes();
  append({.count = 2});
  append({.count = 2});
  Bytes bytes = file("00000000000000000000.log");
  bytes[size + 70] ^= 1;
  ASSERT_TRUE(run(files().replace_file(test_log_directory + "/00000000000000000000.log", bytes)).has_value());
  reopen_unclean();
  EXPECT_EQ(log().end_offset(), Offset{2});
  EXPECT_EQ(append({.count = 1}).first, Offset{2});
}

TEST_F(PartitionLogTest, RecoveryRebuildsAbortedTransactions) {
  create();
  append({.count = 2, .producer = 7, .sequence = 0, .transactional = true});
  end_transaction(7, 0, false);
  append({.count = 2, .producer = 8, .sequence = 0, .transactional = true});
  reopen_unclean();
  EXPECT_EQ(log().first_unstable_offset(), Offset{0});
  log().high_watermark_moved(Offset{5});
  EXPECT_EQ(log().first_unstable_offset(), Offset{3});
  EXPECT_EQ(run(log().aborted_transactions(Offset{0}, Offset{5}))->size(), 1U);
}

TEST_F(PartitionLogTest, TruncationForgetsProducersAndEpochsAboveTheCut) {
  create();
  append({.count = 3, .producer = 7, .sequence = 0});
  append({.count = 2, .producer = 7, .sequence = 3}, {.leader_epoch = LeaderEpoch{1}});
  EXPECT_TRUE(run(log().truncate_to(Offset{3})).value());
  EXPECT_EQ(log().end_offset(), Offset{3});
  EXPECT_EQ(log().producers().find(ProducerId{7})->last_sequence(), 2);
  EXPECT_EQ(log().latest_epoch(), LeaderEpoch{0});
  EXPECT_EQ(append({.count = 1, .producer = 7, .sequence = 3}).first, Offset{3});
  EXPECT_FALSE(run(log().truncate_to(Offset{9})).value());
}

TEST_F(PartitionLogTest, StartsOverAnywhere) {
  create();
  append({.count = 3});
  ASSERT_TRUE(run(log().truncate_fully_and_start_at(Offset{100})).has_value());
  EXPECT_EQ(log().start_offset(), Offset{100});
  EXPECT_EQ(append({.count = 3}).first, Offset{100});
  close();
  reopen_clean();
  EXPECT_THAT(read_all(100), ElementsAre(batch(100, 102)));
}

TEST_F(PartitionLogTest, AFollowerKeepsTheLeadersBytes) {
  create();
  append({.count = 3}, {.leader_epoch = LeaderEpoch{5}});
  append({.count = 2}, {.leader_epoch = LeaderEpoch{6}});
  const Bytes bytes = bytes_of(read(0)->records);
  ASSERT_TRUE(run(log().truncate_fully_and_start_at(Offset{0})).has_value());
  Bytes cut = bytes;
  cut.insert(cut.end(), bytes.begin(), bytes.begin() + 30);
  const auto info = run(log().append_as_follower(Blob(cut)));
  ASSERT_TRUE(info.has_value()) << info.error().message;
  EXPECT_EQ(info->last, Offset{4});
  EXPECT_EQ(bytes_of(read(0)->records), bytes);
  EXPECT_EQ(log().latest_epoch(), LeaderEpoch{6});
  EXPECT_EQ(run(log().append_as_follower(Blob(bytes))).error().code, Errc::OffsetOutOfRange);
}

TEST_F(PartitionLogTest, FindsOffsetsByTimestamp) {
  options_.segment_bytes_max = 1000;
  options_.index_interval_bytes = 100;
  create();
  for (int i = 0; i < 20; ++i) {
    append({.count = 3, .value_size = 50, .timestamp = 1'000'000 + i * 100, .timestamp_step = 10});
  }
  const auto found = run(log().offset_for_timestamp(1'000'511));
  ASSERT_TRUE(found.has_value() && found->has_value());
  EXPECT_EQ((*found)->offset, Offset{17});
  EXPECT_EQ((*found)->timestamp, 1'000'520);
  EXPECT_EQ((*run(log().offset_for_timestamp(0)))->offset, Offset{0});
  EXPECT_EQ(run(log().offset_for_timestamp(2'000'000))->has_value(), false);
  EXPECT_EQ((*run(log().offset_of_max_timestamp()))->offset, Offset{59});
}

TEST_F(PartitionLogTest, TheLargestTimestampIsOneOfWhatIsLeft) {
  create();
  append({.count = 3, .timestamp = 9'000, .timestamp_step = -1'000});  // 9000, 8000, 7000
  append({.count = 2, .timestamp = 1'000, .timestamp_step = 0});
  append({.count = 2, .timestamp = 5'000, .timestamp_step = 0});
  append({.count = 2, .timestamp = 2'000, .timestamp_step = 0});
  const auto largest = [&] {
    const auto found = run(log().offset_of_max_timestamp());
    return found && *found ? std::pair((*found)->offset, (*found)->timestamp) : std::pair(Offset{-1}, int64_t{-1});
  };
  EXPECT_EQ(largest(), std::pair(Offset{0}, int64_t{9'000}));
  for (const auto& [start, offset, timestamp] : {std::tuple{1, 1, 8'000}, {3, 5, 5'000}, {7, 7, 2'000}}) {
    ASSERT_TRUE(run(log().delete_records_before(Offset{start})).has_value());
    EXPECT_EQ(largest(), std::pair(Offset{offset}, int64_t{timestamp})) << start;
  }
  ASSERT_TRUE(run(log().delete_records_before(Offset{9})).has_value());
  EXPECT_EQ(largest().first, Offset{-1});
}

TEST_F(PartitionLogTest, RetentionRemovesOldSegmentsAndMovesTheStart) {
  options_.segment_bytes_max = 1000;
  options_.retention_bytes = 2000;
  options_.retention_ms = -1;
  create();
  for (int i = 0; i < 40; ++i) {
    append({.count = 1, .value_size = 100});
  }
  const size_t before = log().segment_count();
  EXPECT_EQ(run(log().apply_retention(Offset{0}, shard().wall_now())).value(), 0U);
  const auto removed = run(log().apply_retention(log().end_offset(), shard().wall_now()));
  ASSERT_TRUE(removed.has_value());
  EXPECT_GT(*removed, 2U);
  EXPECT_EQ(log().segment_count(), before - *removed);
  EXPECT_GT(log().start_offset(), Offset{0});
  EXPECT_TRUE(has_file("00000000000000000000.log.deleted"));
  ASSERT_TRUE(run(log().remove_deleted_files(shard().now() + std::chrono::seconds(100))).has_value());
  EXPECT_FALSE(has_file("00000000000000000000.log.deleted"));
  EXPECT_FALSE(read_all(log().start_offset().raw()).empty());
}

TEST_F(PartitionLogTest, RetentionByTimeMayEmptyTheLog) {
  options_.retention_ms = 1000;
  create();
  append({.count = 5, .timestamp = 1000});
  EXPECT_EQ(run(log().apply_retention(Offset{5}, shard().wall_now())).value(), 1U);
  EXPECT_EQ(log().start_offset(), Offset{5});
  EXPECT_EQ(log().end_offset(), Offset{5});
  EXPECT_EQ(append({.count = 1}).first, Offset{5});
}

TEST_F(PartitionLogTest, DeletedRecordsAreOutOfRange) {
  create();
  append({.count = 5});
  append({.count = 5});
  ASSERT_TRUE(run(log().delete_records_before(Offset{7})).has_value());
  EXPECT_EQ(read(6).error().code, Errc::OffsetOutOfRange);
  EXPECT_EQ(read(7)->first, Offset{5});
  EXPECT_EQ(run(log().delete_records_before(Offset{11})).error().code, Errc::OffsetOutOfRange);
  close();
  reopen_clean();
  EXPECT_EQ(log().start_offset(), Offset{7});
}

TEST_F(PartitionLogTest, AFullDiskRefusesTheAppendAndLosesNothing) {
  create();
  append({.count = 1, .value_size = 1000});
  disk().faults().capacity_bytes = 3000;
  EXPECT_EQ(append_error({.count = 1, .value_size = 10'000}), Errc::NoSpace);
  disk().faults().capacity_bytes = ~0ULL;
  EXPECT_EQ(append({.count = 1}).first, Offset{1});
  EXPECT_EQ(read_all(0).size(), 2U);
}

TEST_F(PartitionLogTest, WhatWasFlushedSurvivesAPowerCut) {
  options_.segment_bytes_max = 1000;
  create();
  for (int i = 0; i < 10; ++i) {
    append({.count = 1, .value_size = 100});
  }
  ASSERT_TRUE(run(log().flush()).has_value());
  EXPECT_EQ(log().flushed_offset(), Offset{10});
  const Offset flushed = log().flushed_offset();
  for (int i = 0; i < 10; ++i) {
    append({.count = 1, .value_size = 100});
  }
  // The log directory itself was made before; its owner synced it.
  ASSERT_TRUE(run(files().sync_directory("/")).has_value());
  disk().crash_to_synced();
  reopen_unclean(log().recovery_point());
  EXPECT_GE(log().end_offset(), flushed);
  EXPECT_EQ(log().topic_id(), test_topic);
  EXPECT_GE(read_all(0).size(), 10U);
}

TEST_F(PartitionLogTest, ManyLogsAreClosedWithOneSync) {
  create();
  append({.count = 3}, {.leader_epoch = LeaderEpoch{2}});
  ASSERT_TRUE(run(log().close(Syncing::ByOwner)).has_value());
  ASSERT_TRUE(run(files().sync_all("/data")).has_value());
  disk().crash_to_synced();
  reopen_clean();
  EXPECT_THAT(read_all(0), ElementsAre(batch(0, 2, 2)));
  EXPECT_EQ(log().latest_epoch(), LeaderEpoch{2});
}

TEST_F(PartitionLogTest, KeepsTheOrderOfTheCallsWhereValidationAwaits) {
  create();
  std::vector<Offset> firsts(8, Offset{-1});
  runtime::TaskGroup group;
  for (size_t i = 0; i < firsts.size(); ++i) {
    const TestBatch sent{
        .count = 1, .value_size = i % 2 == 0 ? size_t{900'000} : size_t{10}, .codec = record::Codec::Gzip};
    group.spawn([](PartitionLog& to, Bytes bytes, Offset& first) -> runtime::Task<void> {
      const AppendResult result = co_await to.append(Blob(std::move(bytes)), {});
      first = result ? result->first : Offset{-1};
    }(log(), sent.bytes(), firsts[i]));
  }
  run(group.join());
  for (size_t i = 0; i < firsts.size(); ++i) {
    EXPECT_EQ(firsts[i], Offset{static_cast<int64_t>(i)});
  }
}

TEST_F(PartitionLogTest, RetiringRenamesTheDirectoryAndReadsGoOn) {
  create();
  append({.count = 3});
  const auto result = read(0);
  const auto path = run(log().retire("delete"));
  ASSERT_TRUE(path.has_value());
  EXPECT_TRUE(path->starts_with("/data/t-0.") && path->ends_with("-delete"));
  EXPECT_EQ(batches_in(bytes_of(result->records)).size(), 1U);
  EXPECT_EQ(append_error({.count = 1}), Errc::Io);
}

}  // namespace
}  // namespace odradek::storage
