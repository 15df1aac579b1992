// What is on disk when, and what opening after a crash reads again. Runs on as many shards as ODRADEK_TEST_SHARDS says.
#include <gtest/gtest.h>

#include "storage/log_files.h"
#include "storage/log_fixture.h"

namespace odradek::storage {
namespace {

class SyncTest : public LogTest {
 protected:
  SyncTest() {
    options_.index_interval_bytes = 100;
    options_.segment_bytes_max = 100'000;
    EXPECT_TRUE(run(files().sync_directory("/")).has_value());
    EXPECT_TRUE(run(files().sync_directory("/data")).has_value());
  }

  void append_some(int count) {
    for (int i = 0; i < count; ++i) {
      append({.count = 2, .value_size = 50, .producer = 7, .sequence = sequence_});
      sequence_ += 2;
    }
  }
  void checkpoint() { ASSERT_TRUE(run(log().sync(SyncScope::RecoveryPoint)).has_value()); }
  // The power goes; nothing unsynced survives.
  void cut_power(Offset recovery_point) {
    disk().crash_to_synced();
    reopen_unclean(recovery_point);
  }
  void damage(const std::string& name, uint64_t position) {
    const auto place = std::make_shared<runtime::DirectoryPath>(test_log_directory);
    const auto file = run(files().open(place, name, runtime::OpenMode::Write));
    ASSERT_TRUE(file.has_value());
    const Bytes garbage(4, 0xAA);
    ASSERT_TRUE(run((*file)->write(position, {ByteView(garbage)})).has_value());
    ASSERT_TRUE(run((*file)->sync()).has_value());
  }
  void remove(const std::string& name) {
    ASSERT_TRUE(run(files().remove(test_log_directory + "/" + name)).has_value());
  }
  static std::string snapshot(int64_t offset) { return file_name(Offset{offset}, snapshot_suffix); }

  const std::string log_file_ = file_name(Offset{0}, log_suffix);
  const std::string index_file_ = file_name(Offset{0}, index_suffix);
  int32_t sequence_ = 0;
};

TEST_F(SyncTest, AFlushKeepsTheDirectoryThatAKilledProcessHadBegun) {
  create();
  remove("partition.metadata");  // it had not come so far
  reopen_unclean();
  append_some(3);
  ASSERT_TRUE(run(log().flush()).has_value());
  cut_power(Offset{0});
  EXPECT_EQ(log().end_offset(), Offset{6});
}

TEST_F(SyncTest, AFlushKeepsTheRecordsAndLeavesTheRecoveryPointWhereItWas) {
  create();
  append_some(10);
  ASSERT_TRUE(run(log().flush()).has_value());
  EXPECT_EQ(log().flushed_offset(), Offset{20});
  EXPECT_EQ(log().recovery_point(), Offset{0});
  EXPECT_GT(log().bytes_above_recovery_point(), 0U);
  cut_power(Offset{0});
  EXPECT_EQ(log().end_offset(), Offset{20});
  EXPECT_EQ(log().producers().size(), 1U);
}

TEST_F(SyncTest, BelowTheRecoveryPointNothingIsCheckedAgain) {
  create();
  append_some(10);
  checkpoint();
  EXPECT_EQ(log().recovery_point(), Offset{20});
  EXPECT_EQ(log().bytes_above_recovery_point(), 0U);
  append_some(5);
  ASSERT_TRUE(run(log().flush()).has_value());
  const Bytes index = file(index_file_);
  EXPECT_FALSE(index.empty());
  damage(log_file_, 100);  // in the records of the first batch
  cut_power(log().recovery_point());
  EXPECT_EQ(log().end_offset(), Offset{30}) << "the damage lies below, where readers find it";
  EXPECT_EQ(log().recovery_point(), Offset{20});
  EXPECT_EQ(log().producers().size(), 1U);
  EXPECT_EQ(read_all(22).size(), 4U);
}

TEST_F(SyncTest, AboveItTheLogIsCutAtTheFirstBadBatch) {
  create();
  append_some(10);
  checkpoint();
  const uint64_t good = log().size_bytes();
  append_some(5);
  ASSERT_TRUE(run(log().flush()).has_value());
  damage(log_file_, good + 100);
  cut_power(log().recovery_point());
  EXPECT_EQ(log().end_offset(), Offset{20});
  EXPECT_EQ(log().size_bytes(), good);
}

TEST_F(SyncTest, IndexesAreTheSameWhetherResumedOrBuiltAnew) {
  create();
  append_some(10);
  checkpoint();
  append_some(30);
  reopen_unclean(Offset{20});
  close();
  const Bytes resumed = file(index_file_);
  const Bytes times = file(file_name(Offset{0}, time_index_suffix));
  reopen_unclean(Offset{0});
  close();
  EXPECT_EQ(file(index_file_), resumed);
  EXPECT_EQ(file(file_name(Offset{0}, time_index_suffix)), times);
}

TEST_F(SyncTest, WithoutAnIndexTheWholeSegmentIsReadAgain) {
  create();
  append_some(10);
  checkpoint();
  remove(index_file_);
  reopen_unclean(Offset{20});
  EXPECT_EQ(log().end_offset(), Offset{20});
  close();
  EXPECT_FALSE(file(index_file_).empty());
}

TEST_F(SyncTest, ATimeIndexWithoutATimeIsBuiltAnew) {
  create();
  append_some(10);
  close();
  const std::string name = file_name(Offset{0}, time_index_suffix);
  const Bytes whole = file(name);
  ASSERT_TRUE(run(files().replace_file(test_log_directory + "/" + name, Bytes(12, 0xff))).has_value());
  reopen_clean();
  close();
  EXPECT_EQ(file(name), whole);
}

TEST_F(SyncTest, ADamagedIndexIsBuiltAnew) {
  create();
  append_some(10);
  checkpoint();
  const Bytes whole = file(index_file_);
  damage(index_file_, whole.size() - 4);  // the last position
  reopen_unclean(Offset{20});
  EXPECT_EQ(log().end_offset(), Offset{20});
  EXPECT_EQ(read_all(0).size(), 10U);
  close();
  EXPECT_EQ(file(index_file_), whole);
}

TEST_F(SyncTest, ARecoveryPointBeyondTheLogIsNotBelieved) {
  create();
  append_some(10);
  checkpoint();
  reopen_unclean(Offset{100});
  EXPECT_EQ(log().end_offset(), Offset{20});
  EXPECT_LE(log().recovery_point(), Offset{20});
  EXPECT_EQ(read_all(0).size(), 10U);
}

TEST_F(SyncTest, ProducersComeFromTheSnapshotOfTheCheckpoint) {
  create();
  append_some(10);
  checkpoint();
  EXPECT_TRUE(has_file(snapshot(20)));
  append_some(1);
  cut_power(Offset{20});
  sequence_ = 20;
  append_some(1);
  EXPECT_EQ(log().end_offset(), Offset{22}) << "the producer goes on with its sequence";
}

TEST_F(SyncTest, ADamagedSnapshotIsRemovedAndTheBatchesTellOfTheProducers) {
  create();
  append_some(10);
  checkpoint();
  damage(snapshot(20), 10);
  reopen_unclean(Offset{20});
  EXPECT_EQ(log().producers().size(), 1U);
  EXPECT_FALSE(has_file(snapshot(20)));
}

TEST_F(SyncTest, OnlyTheLastTwoSnapshotsBetweenSegmentsStay) {
  create();
  for (int i = 0; i < 4; ++i) {
    append_some(1);
    checkpoint();
  }
  EXPECT_FALSE(has_file(snapshot(4)));
  EXPECT_TRUE(has_file(snapshot(6)));
  EXPECT_TRUE(has_file(snapshot(8)));
}

TEST_F(SyncTest, AMissingEpochCheckpointIsReadFromTheBatches) {
  create();
  append({}, {.leader_epoch = LeaderEpoch{3}});
  append({}, {.leader_epoch = LeaderEpoch{5}});
  checkpoint();
  const auto epochs = log().epochs().entries();
  ASSERT_EQ(epochs.size(), 2U);
  remove("leader-epoch-checkpoint");
  reopen_unclean(Offset{2});
  EXPECT_EQ(log().epochs().entries(), epochs);
}

TEST_F(SyncTest, WhatIsCutOffDuringASyncOfManyIsNotTakenForSynced) {
  create();
  append_some(3);
  const auto what = run(log().prepare_sync(SyncScope::Records));
  ASSERT_TRUE(what.has_value());
  ASSERT_TRUE(run(log().truncate_to(Offset{2})).has_value());
  sequence_ = 2;
  append_some(3);
  ASSERT_TRUE(run(log().synced(*what)).has_value());
  EXPECT_EQ(log().flushed_offset(), Offset{0});
}

TEST_F(SyncTest, ASyncThatFailsFailsTheLogForGood) {
  create();
  append_some(1);
  disk().faults().is_dead = true;
  const Result<> flushed = run(log().flush());
  disk().faults().is_dead = false;
  ASSERT_FALSE(flushed.has_value());
  EXPECT_EQ(flushed.error().code, Errc::Io);
  EXPECT_TRUE(log().is_failed());
  EXPECT_EQ(log().flushed_offset(), Offset{0});
  EXPECT_EQ(append_error({}), Errc::Io);
}

}  // namespace
}  // namespace odradek::storage
