#include "storage/log_cleaner.h"

#include <string>
#include <vector>

#include "storage/cleaner_fixture.h"
#include "storage/log_files.h"

namespace odradek::storage {

namespace {

using Lines = std::vector<std::string>;
constexpr int64_t day_ms = 86'400'000;

class LogCleanerTest : public CleanerTest {
 protected:
  // The first of two segments is empty afterwards: a gap.
  void compact_a_segment_away() {
    options_.segment_bytes_max = 1'500;
    create();
    put({"a=" + std::string(1'000, 'x')});
    roll();
    put({"a=" + std::string(1'000, 'y')});
    roll();
    put({"b=1"});
    clean();
  }
};

TEST_F(LogCleanerTest, TheLastRecordOfEachKeyStaysAtItsOffset) {
  create();
  put({"a=1", "b=1", "c=1"});
  put({"a=2", "d=1"});
  put({"b=2"});
  roll();
  put({"a=3"});
  const CleaningReport report = clean();
  EXPECT_TRUE(report.is_complete);
  EXPECT_EQ(report.keys, 4u);
  // The active segment is not looked at: a=2 is the last that compaction knows of.
  EXPECT_EQ(left(), (Lines{"2:c=1", "3:a=2", "4:d=1", "5:b=2", "6:a=3"}));
  EXPECT_EQ(log().first_dirty_offset(), Offset{6});
  roll();
  clean();
  EXPECT_EQ(left(), (Lines{"2:c=1", "4:d=1", "5:b=2", "6:a=3"}));
}

TEST_F(LogCleanerTest, WhatIsLeftSurvivesAReopening) {
  create();
  put({"a=1", "b=1", "c=1"});
  put({"a=2", "c=2"});
  roll();
  put({"z=1"});
  clean();
  const Lines expected{"1:b=1", "3:a=2", "4:c=2", "5:z=1"};
  EXPECT_EQ(left(), expected);
  reopen_unclean();
  EXPECT_EQ(left(), expected);
  EXPECT_EQ(log().end_offset(), Offset{6});
  EXPECT_FALSE(has_file("00000000000000000000.log.cleaned"));
  EXPECT_FALSE(has_file("00000000000000000000.log.swap"));
}

TEST_F(LogCleanerTest, TimestampsAndHeadersOfBatchesAreKept) {
  create();
  put({"a=1", "b=1", "c=1"}, {.timestamp = start_ms + 5, .timestamp_step = 10});
  put({"a=2"}, {.timestamp = start_ms + 7});
  roll();
  clean();
  const auto batch = read(0);
  ASSERT_TRUE(batch.has_value());
  const Bytes bytes = bytes_of(batch->records);
  const auto header = record::parse_batch_header(bytes);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->base_offset, Offset{0});
  EXPECT_EQ(header->last_offset, Offset{2});
  EXPECT_EQ(header->record_count, 2);
  EXPECT_EQ(header->max_timestamp, start_ms + 25);
  record::RecordReader reader(ByteView(bytes).first(header->size));
  const auto first = reader.next_record();
  ASSERT_TRUE(first.has_value() && first->has_value());
  EXPECT_EQ((*first)->offset, Offset{1});
  EXPECT_EQ((*first)->timestamp, start_ms + 15);
}

TEST_F(LogCleanerTest, ABatchThatLosesRecordsKeepsItsCodec) {
  for (const record::Codec codec :
       {record::Codec::Gzip, record::Codec::Snappy, record::Codec::Lz4, record::Codec::Zstd}) {
    SCOPED_TRACE(record::name(codec));
    ASSERT_TRUE(run(files().remove_all(test_log_directory)).has_value());
    create();
    put({"a=1", "b=1"}, {.codec = codec});
    put({"a=2", "c=1"}, {.codec = codec});
    roll();
    clean();
    EXPECT_EQ(left(), (Lines{"1:b=1", "2:a=2", "3:c=1"}));
    const auto batch = read(0);
    ASSERT_TRUE(batch.has_value());
    const auto header = record::parse_batch_header(bytes_of(batch->records));
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header->codec(), codec);
  }
}

TEST_F(LogCleanerTest, BatchesThatLoseNothingKeepTheirBytes) {
  create();
  put({"a=1"});
  const Bytes whole = key_batch({"b=1", "c=1", "d=1"}, {.codec = record::Codec::Gzip});
  ASSERT_TRUE(try_append(whole).has_value());
  put({"a=2"});
  roll();
  const Bytes before = bytes_of(read(1)->records);
  clean();
  const Bytes after = bytes_of(read(1)->records);
  EXPECT_EQ(before, after);
}

TEST_F(LogCleanerTest, ASegmentThatLosesNothingIsLeftAlone) {
  create();
  put({"a=1", "b=1"});
  roll();
  put({"c=1"});
  const CleaningReport report = clean();
  EXPECT_EQ(report.bytes_written, 0u);
  EXPECT_EQ(report.segments_after, 1u);
  EXPECT_EQ(log().first_dirty_offset(), Offset{2});
  EXPECT_FALSE(has_file("00000000000000000000.log.deleted"));
}

TEST_F(LogCleanerTest, TombstonesStayUntilTheHorizonOfTheirFirstCompaction) {
  create();
  put({"a=1", "b=1"});
  put({"a"});
  roll();
  put({"z=1"});
  roll();
  clean(start_ms);  // the horizon is a day later
  EXPECT_EQ(left(), (Lines{"1:b=1", "2:a", "3:z=1"}));
  put({"y=1"});
  roll();
  clean(start_ms + day_ms - 1);
  EXPECT_EQ(left(), (Lines{"1:b=1", "2:a", "3:z=1", "4:y=1"}));
  put({"x=1"});
  roll();
  clean(start_ms + day_ms);
  EXPECT_EQ(left(), (Lines{"1:b=1", "3:z=1", "4:y=1", "5:x=1"}));
}

TEST_F(LogCleanerTest, TombstonesMayStayForEver) {
  options_.delete_retention = std::chrono::milliseconds::max();
  create();
  put({"a=1", "b=1"});
  put({"a"});
  roll();
  clean(start_ms);
  put({"z=1"});
  roll();
  clean(start_ms + 1'000 * day_ms);
  EXPECT_EQ(left(), (Lines{"1:b=1", "2:a", "3:z=1"}));
}

TEST_F(LogCleanerTest, TheHorizonIsInTheBatchAndTimestampsAreStillRight) {
  create();
  put({"a", "b=1"}, {.timestamp = start_ms + 3, .timestamp_step = 4});
  put({"c=1"});
  roll();
  clean(start_ms + 100);
  const Bytes bytes = bytes_of(read(0)->records);
  const auto header = record::parse_batch_header(bytes);
  ASSERT_TRUE(header.has_value());
  EXPECT_TRUE(header->has_delete_horizon());
  EXPECT_EQ(header->base_timestamp, start_ms + 100 + day_ms);
  EXPECT_EQ(header->max_timestamp, start_ms + 7);
  record::RecordReader reader(ByteView(bytes).first(header->size));
  const auto first = reader.next_record();
  ASSERT_TRUE(first.has_value() && first->has_value());
  EXPECT_EQ((*first)->timestamp, start_ms + 3);
}

TEST_F(LogCleanerTest, TheLastBatchOfARoundStaysWithoutItsRecords) {
  create();
  put({"a=1"});
  put({"b"});
  roll();
  clean(start_ms);
  put({"c=1"});
  roll();
  put({"b=2"});
  clean(start_ms + 2 * day_ms);
  EXPECT_EQ(left(), (Lines{"0:a=1", "2:c=1", "3:b=2"}));
  put({"c=2"});
  put({"c"});
  roll();
  clean(start_ms + 3 * day_ms);
  clean(start_ms + 3 * day_ms);
  EXPECT_EQ(left(), (Lines{"0:a=1", "3:b=2", "5:c"}));
  // Nothing new but what compaction has seen: the tombstone goes, and its batch says where the log was compacted to.
  const auto plan = run(log().plan_cleaning(log().end_offset(), start_ms + 9 * day_ms));
  ASSERT_TRUE(plan.has_value());
  EXPECT_FALSE(plan->is_due);
  LogCleaner cleaner(log(), {}, [] { return false; });
  ASSERT_TRUE(run(cleaner.clean(*plan, start_ms + 9 * day_ms)).has_value());
  EXPECT_EQ(left(), (Lines{"0:a=1", "3:b=2", "5-5:empty"}));
}

TEST_F(LogCleanerTest, AbortedRecordsGoAndTheirMarkerGoesLater) {
  create();
  put({"a=1", "b=1"}, {.producer = 7, .sequence = 0, .transactional = true});
  end_transaction(7, 0, false);
  put({"a=2"}, {.producer = 8, .sequence = 0, .transactional = true});
  end_transaction(8, 0, true);
  // Their producers go on, so that what is looked at here is not their last batch.
  put({"x=1"}, {.producer = 7, .sequence = 2});
  put({"y=1"}, {.producer = 8, .sequence = 1});
  roll();
  put({"z=1"});
  clean(start_ms);
  EXPECT_EQ(left(), (Lines{"2:abort", "3:a=2", "4:commit", "5:x=1", "6:y=1", "7:z=1"}));
  const auto aborted = run(log().aborted_transactions(Offset{0}, log().end_offset()));
  ASSERT_TRUE(aborted.has_value());
  EXPECT_EQ(aborted->size(), 1u);  // readers of the bytes from before still need it

  roll();
  clean(start_ms + 10);  // nothing of the transaction is left: from now on the marker has a horizon
  EXPECT_EQ(left(), (Lines{"2:abort", "3:a=2", "4:commit", "5:x=1", "6:y=1", "7:z=1"}));
  EXPECT_TRUE(run(log().aborted_transactions(Offset{0}, log().end_offset()))->empty());

  put({"w=1"});
  roll();
  clean(start_ms + 10 + day_ms);
  EXPECT_EQ(left(), (Lines{"3:a=2", "4:commit", "5:x=1", "6:y=1", "7:z=1", "8:w=1"}));
}

TEST_F(LogCleanerTest, AnAbortedRecordDoesNotHideACommittedOne) {
  create();
  put({"a=1"});
  put({"a=2"}, {.producer = 7, .sequence = 0, .transactional = true});
  end_transaction(7, 0, false);
  roll();
  clean();
  EXPECT_EQ(left(), (Lines{"0:a=1", "1-1:empty", "2:abort"}));
}

TEST_F(LogCleanerTest, NothingOfAnOpenTransactionIsLookedAt) {
  create();
  put({"a=1"});
  roll();
  put({"a=2"}, {.producer = 7, .sequence = 0, .transactional = true});
  roll();
  put({"a=3"});
  roll();
  const CleaningReport report = clean();
  EXPECT_EQ(report.cleaned_to, Offset{1});
  EXPECT_EQ(left(), (Lines{"0:a=1", "1:a=2", "2:a=3"}));
}

TEST_F(LogCleanerTest, TheLastBatchOfAProducerStaysAndWithItItsSequence) {
  create();
  put({"a=1", "b=1"}, {.producer = 7, .sequence = 0});
  put({"a=2", "b=2"});
  roll();
  put({"c=1"});
  clean();
  EXPECT_EQ(left(), (Lines{"0-1:empty", "2:a=2", "3:b=2", "4:c=1"}));
  reopen_unclean();
  put({"d=1"}, {.producer = 7, .sequence = 2});
  EXPECT_EQ(append_error({.producer = 7, .sequence = 9}), Errc::OutOfOrderSequence);
  EXPECT_EQ(log().producers().find(ProducerId{7})->last_sequence(), 2);
  roll();
  clean();
  EXPECT_EQ(left(), (Lines{"2:a=2", "3:b=2", "4:c=1", "5:d=1"}));
}

TEST_F(LogCleanerTest, SmallSegmentsBecomeOne) {
  options_.segment_bytes_max = 400;
  create();
  for (int i = 0; i < 12; ++i) {
    put({"k" + std::to_string(i % 3) + "=v", "only" + std::to_string(i) + "=1"});
    roll();
  }
  const size_t before = log().segment_count();
  const CleaningReport report = clean();
  EXPECT_LT(log().segment_count(), before);
  EXPECT_EQ(report.segments_before, before - 1);
  EXPECT_EQ(log().segment_count(), report.segments_after + 1);
  EXPECT_EQ(left().size(), 15u);
  for (const uint64_t size : segment_sizes()) {
    EXPECT_LE(size, 400u);
  }
}

TEST_F(LogCleanerTest, ASegmentOfWhichNothingStaysIsEmptyAndHasItsIndexes) {
  options_.segment_bytes_max = 100;  // two of them do not become one
  create();
  put({"a=1"});
  put({"a=2"});
  put({"b=1"});
  clean();
  EXPECT_EQ(left(), (Lines{"1:a=2", "2:b=1"}));
  EXPECT_EQ(log().segment_count(), 3u);
  for (const std::string suffix : {".log", ".index", ".timeindex"}) {
    EXPECT_TRUE(file("00000000000000000000" + suffix).empty());
  }
  reopen_unclean();
  EXPECT_EQ(left(), (Lines{"1:a=2", "2:b=1"}));
}

TEST_F(LogCleanerTest, KeysBeyondTheMemoryAreForTheNextTime) {
  create();
  for (int i = 0; i < 50; ++i) {
    put({"k" + std::to_string(i) + "=old", "k" + std::to_string(i) + "=new"});
  }
  roll();
  const CleanerOptions small{.map_bytes_max = 32 * 16, .map_load_factor = 0.9};
  const CleaningReport first = clean(start_ms, small);
  EXPECT_TRUE(first.map_was_full);
  EXPECT_EQ(first.keys, 28u);
  EXPECT_EQ(first.cleaned_to, Offset{56});
  EXPECT_EQ(left().size(), 72u);
  const CleaningReport second = clean(start_ms, small);
  EXPECT_EQ(second.first_dirty, Offset{56});
  EXPECT_EQ(left().size(), 50u);
  EXPECT_EQ(log().first_dirty_offset(), Offset{100});
}

TEST_F(LogCleanerTest, KeysMayBeOfAnySize) {
  options_.produce.batch_size_max = 64 << 20;
  create();
  const std::string large(3 << 20, 'k');
  put({large + "=1"}, {.codec = record::Codec::Zstd});
  put({"a=1"});
  put({large + "=2"}, {.codec = record::Codec::Zstd});
  roll();
  const CleaningReport report = clean(start_ms, {.map_bytes_max = 64, .buffer_bytes = 4096});
  EXPECT_EQ(report.keys, 2u);
  const Lines lines = left();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], "1:a=1");
  EXPECT_EQ(lines[1].size(), large.size() + 4);
}

// At 66 are the first batch's records, at 70 the second's base offset, which no checksum covers.
class DamagedLogCleanerTest : public CleanerTest, public ::testing::WithParamInterface<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(At, DamagedLogCleanerTest, ::testing::Values(66, 70, 78));

TEST_P(DamagedLogCleanerTest, ADamagedSegmentIsAnErrorAndStaysAsItIs) {
  create();
  put({"a=1"});
  put({"a=2"});
  roll();
  put({"b=1"});
  const auto damage = [this]() -> runtime::Task<void> {
    auto opened = co_await files().open(std::make_shared<runtime::DirectoryPath>(test_log_directory),
                                        "00000000000000000000.log", runtime::OpenMode::Write);
    const Bytes bytes(1, 0x55);
    const Result<> written = co_await (*opened)->write(GetParam(), {ByteView(bytes)});
    EXPECT_TRUE(written.has_value());
  };
  run(damage());
  const auto report = try_clean();
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, Errc::CorruptMessage);
  EXPECT_FALSE(log().is_failed());
  EXPECT_EQ(log().first_dirty_offset(), Offset{0});
  put({"c=1"});
}

TEST_F(LogCleanerTest, AFullDiskStopsACleaningAndNothingElse) {
  create();
  put({"a=" + std::string(5000, '1')});
  put({"a=2", "b=" + std::string(5000, '2')});
  roll();
  put({"c=1"});
  disk().faults().capacity_bytes = disk().used_bytes() + 4000;
  const auto report = try_clean(start_ms, {.buffer_bytes = 1024});
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, Errc::NoSpace);
  EXPECT_FALSE(has_file("00000000000000000000.log.cleaned"));
  EXPECT_FALSE(log().is_failed());
  disk().faults().capacity_bytes = ~0ULL;
  clean();
  EXPECT_EQ(left().size(), 3u);
}

TEST_F(LogCleanerTest, ReadsUnderWayAreNotDisturbed) {
  create();
  put({"a=1", "b=1"});
  put({"a=2"});
  roll();
  put({"c=1"});
  const auto before = read(0);
  ASSERT_TRUE(before.has_value());
  clean();
  options_.file_delete_delay = std::chrono::milliseconds(0);
  log().update_options(options_);
  ASSERT_TRUE(run(log().remove_deleted_files(shard().now())).has_value());
  EXPECT_FALSE(has_file("00000000000000000000.log.deleted"));
  const auto batches = batches_in(bytes_of(before->records));
  EXPECT_EQ(batches.size(), 2u);  // as they were
  EXPECT_EQ(left(), (Lines{"1:b=1", "2:a=2", "3:c=1"}));
}

TEST_F(LogCleanerTest, CancelledItLeavesTheLogAsItWas) {
  create();
  for (int i = 0; i < 200; ++i) {
    put({"a=" + std::string(2000, 'x')});
  }
  roll();
  log().high_watermark_moved(log().end_offset());
  const auto plan = run(log().plan_cleaning(log().end_offset(), start_ms));
  ASSERT_TRUE(plan.has_value());
  int looks = 0;
  LogCleaner cleaner(log(), {}, [&looks] { return ++looks > 300; });
  const auto report = run(cleaner.clean(*plan, start_ms));
  ASSERT_TRUE(report.has_value());
  EXPECT_FALSE(report->is_complete);
  EXPECT_EQ(left().size(), 200u);
  EXPECT_FALSE(has_file("00000000000000000000.log.cleaned"));
}

TEST_F(LogCleanerTest, ThrottledItTakesItsTime) {
  create();
  for (int i = 0; i < 50; ++i) {
    put({"a=" + std::string(10'000, 'x')});
  }
  roll();
  const auto before = shard().now();
  const CleaningReport report = clean(start_ms, {.buffer_bytes = 16 << 10, .bytes_per_second_max = 100'000});
  const std::chrono::duration<double> took = shard().now() - before;
  const double bytes = static_cast<double>(report.bytes_read + report.bytes_written);
  EXPECT_GT(took.count(), bytes / 100'000 - 1);
  EXPECT_LT(took.count(), bytes / 100'000 + 2);
}

TEST_F(LogCleanerTest, TheGapsItLeavesAreNoLossThoughThePolicyChangesAndNoCheckpointKnows) {
  compact_a_segment_away();
  ASSERT_EQ(segment_sizes().front(), 0U);
  const std::vector<std::string> before = left();
  options_.compacts = false;
  reopen({.directory = test_log_directory, .partition = test_partition, .has_recovery_point = true});
  EXPECT_EQ(left(), before);
}

TEST_F(LogCleanerTest, ADamagedNoteOfItsGapsForbidsNone) {
  compact_a_segment_away();
  const std::vector<std::string> before = left();
  const std::string path = join_path(test_log_directory, compaction_file);
  EXPECT_EQ(as_text(run(files().read_file(path)).value()), "version: 0\nend_offset: 1");
  ASSERT_TRUE(run(files().replace_file(path, {'?'})).has_value());
  options_.compacts = false;
  reopen({.directory = test_log_directory, .partition = test_partition, .has_recovery_point = true});
  EXPECT_EQ(left(), before);
}

TEST_F(LogCleanerTest, ACutBelowForgetsWhatWasCompacted) {
  create();
  put({"a=1"});
  put({"a=2"});
  roll();
  put({"b=1"});
  clean();
  EXPECT_EQ(log().first_dirty_offset(), Offset{2});
  ASSERT_TRUE(run(log().truncate_to(Offset{1})).has_value());
  EXPECT_LE(log().first_dirty_offset(), log().end_offset());
}

}  // namespace

}  // namespace odradek::storage
