// Logs on disks that are full, broken or damaged, and logs that change while they are read. Run with
// ODRADEK_TEST_SHARDS shards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/shard.h"
#include "runtime/task_group.h"
#include "storage/log_fixture.h"

namespace odradek::storage {
namespace {

constexpr uint64_t no_limit = ~0ULL;

class LogFaultsTest : public LogTest {
 protected:
  static std::string path(const std::string& name) { return test_log_directory + "/" + name; }

  void overwrite(const std::string& name, Bytes contents) {
    ASSERT_TRUE(run(files().replace_file(path(name), std::move(contents))).has_value());
  }

  // Each batch begins where the one before ended, from `from` up to the end.
  void expect_no_gap(Offset from) {
    Offset next = from;
    for (const ReadBatch& batch : read_all(from.raw())) {
      ASSERT_EQ(batch.first, next);
      next = batch.last + 1;
    }
    ASSERT_EQ(next, log().end_offset());
  }
};

TEST_F(LogFaultsTest, ADiskThatFillsUpInARollLeavesALogThatGoesOn) {
  options_.segment_bytes_max = 1000;
  options_.index_interval_bytes = 0;
  create();
  append({.value_size = 500});
  int64_t written = 1;
  for (uint64_t room = 0; room < 200; room += 3) {
    disk().faults().capacity_bytes = disk().used_bytes() + room;
    EXPECT_EQ(append_error({.value_size = 700}), Errc::NoSpace);  // needs a new segment
    disk().faults().capacity_bytes = no_limit;
    EXPECT_EQ(append({.value_size = 10}).first, Offset{written++});
  }
  expect_no_gap(Offset{0});
  close();
  reopen_clean();
  EXPECT_EQ(log().end_offset(), Offset{written});
  expect_no_gap(Offset{0});
}

// A batch's checksum does not cover its base offset.
TEST_F(LogFaultsTest, ABatchFartherFromItsSegmentThanAnIndexCanSayIsCutOff) {
  create();
  append({.count = 2});
  const uint64_t first_size = log().size_bytes();
  append({.count = 2, .timestamp = 1'800'000'005'000});  // the later one, for the time index
  close();
  Bytes bytes = file("00000000000000000000.log");
  bytes[first_size + 2] = 1;  // of the second one's: 2^40 more
  for (const bool was_clean : {true, false}) {
    overwrite("00000000000000000000.log", bytes);
    was_clean ? reopen_clean() : reopen_unclean();
    EXPECT_EQ(log().end_offset(), Offset{2}) << was_clean;
    close();
  }
}

TEST_F(LogFaultsTest, RotInAnOldSegmentTakesOnlyThatSegmentsEnd) {
  const std::string first = "00000000000000000000.log";
  for (const bool was_clean : {true, false}) {
    ASSERT_TRUE(run(files().remove_all(test_log_directory)).has_value());
    create();
    for (int segment = 0; segment < 5; ++segment) {
      append({.count = 2});
      append({.count = 2});
      ASSERT_TRUE(segment == 4 || run(log().roll()).has_value());
    }
    ASSERT_TRUE(run(log().sync(SyncScope::RecoveryPoint)).has_value());
    close();
    Bytes bytes = file(first);
    bytes.back() ^= 1;
    overwrite(first, bytes);
    ASSERT_TRUE(run(files().remove(path("00000000000000000000.index"))).has_value());
    was_clean ? reopen_clean() : reopen_unclean(Offset{20});
    EXPECT_EQ(log().end_offset(), Offset{20}) << was_clean;
    EXPECT_EQ(log().segment_count(), 5U) << was_clean;
    EXPECT_EQ(read_all(4).size(), 8U) << was_clean;
    close();
  }
}

// Which of the two reads the index first, and which is done first, is the simulator's choice.
TEST_F(LogFaultsTest, AReaderThatMeetsAMarkerDoesNotTakeItsEntryAway) {
  constexpr size_t entry_size = 34;
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(run(files().remove_all(test_log_directory)).has_value());
    create();
    append({.count = 2, .producer = 7, .sequence = 0, .transactional = true});
    end_transaction(7, 0, false);
    append({.count = 2, .producer = 8, .sequence = 0, .transactional = true});
    append({.count = 2, .producer = 9, .sequence = 0, .transactional = true});
    close();
    reopen_clean();
    runtime::TaskGroup tasks;
    tasks.spawn([](PartitionLog& to) -> runtime::Task<void> {
      Bytes marker =
          record::marker_batch({.commit = false, .coordinator_epoch = 0}, ProducerId{8}, ProducerEpoch{0}, 1);
      const AppendResult ended = co_await to.append(Blob(std::move(marker)), {.origin = AppendOrigin::Coordinator});
      EXPECT_TRUE(ended.has_value());
    }(log()));
    tasks.spawn([](PartitionLog& from) -> runtime::Task<void> {
      const auto found = co_await from.aborted_transactions(Offset{0}, from.end_offset());
      EXPECT_TRUE(found.has_value());
    }(log()));
    run(tasks.join());
    EXPECT_EQ(run(log().aborted_transactions(Offset{0}, log().end_offset()))->size(), 2U);
    end_transaction(9, 0, false);
    EXPECT_EQ(file("00000000000000000000.txnindex").size(), 3 * entry_size);
    close();
  }
}

TEST_F(LogFaultsTest, WithoutDescriptorsAnAppendIsRefusedAndNothingFails) {
  create();
  append({});
  disk().faults().is_out_of_descriptors = true;
  EXPECT_EQ(append_error({}), Errc::TooManyOpenFiles);
  disk().faults().is_out_of_descriptors = false;
  EXPECT_FALSE(log().is_failed());
  EXPECT_EQ(append({}).first, Offset{1});
  expect_no_gap(Offset{0});
}

TEST_F(LogFaultsTest, PartitionMetadataThatNeverReachedTheDiskIsAsIfItWereNotThere) {
  create();
  append({});
  const Offset end = log().end_offset();
  overwrite("partition.metadata", {});
  reopen_unclean();
  EXPECT_EQ(log().end_offset(), end);
  EXPECT_EQ(log().topic_id(), TopicId{});
}

TEST_F(LogFaultsTest, EveryCutOfTheLastBatchLosesThatBatchOnly) {
  create();
  append({.count = 2, .producer = 7, .sequence = 0});
  const size_t first = file("00000000000000000000.log").size();
  append({.count = 3, .value_size = 40, .producer = 7, .sequence = 2});
  const Bytes whole = file("00000000000000000000.log");
  for (size_t size = first; size <= whole.size(); ++size) {
    SCOPED_TRACE(size);
    overwrite("00000000000000000000.log", Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    reopen_unclean();
    const bool is_whole = size == whole.size();
    ASSERT_EQ(log().end_offset(), Offset{is_whole ? 5 : 2});
    ASSERT_EQ(append({.count = 3, .value_size = 40, .producer = 7, .sequence = 2}).duplicate, is_whole);
    ASSERT_EQ(file("00000000000000000000.log").size(), whole.size());
    expect_no_gap(Offset{0});
  }
}

TEST_F(LogFaultsTest, WhatRecoveryCutsDoesNotComeBackWithAPowerCut) {
  create();
  append({.count = 2});
  const size_t good = file("00000000000000000000.log").size();
  append({.count = 2});
  ASSERT_TRUE(run(log().flush()).has_value());
  ASSERT_TRUE(run(files().sync_directory("/")).has_value());
  Bytes torn = file("00000000000000000000.log");
  torn.back() ^= 1;
  overwrite("00000000000000000000.log", torn);
  reopen_unclean();
  disk().crash_to_synced();
  EXPECT_EQ(file("00000000000000000000.log").size(), good);
  reopen_unclean();
  EXPECT_EQ(log().end_offset(), Offset{2});
}

TEST_F(LogFaultsTest, ATornSnapshotAtTheEndIsNotTheNextSegments) {
  create();
  append({.count = 2, .producer = 7, .sequence = 0});
  close();
  const std::string name = "00000000000000000002.snapshot";
  const Bytes whole = file(name);
  overwrite(name, Bytes(whole.size()));
  reopen_unclean();
  ASSERT_TRUE(run(log().roll()).has_value());
  EXPECT_EQ(file(name), whole) << "once the segment before is deleted, nothing else knows the producer";
}

TEST_F(LogFaultsTest, SnapshotsOfRecoveredSegmentsAreMadeAnew) {
  create();
  append({.count = 2, .producer = 7, .sequence = 0});
  ASSERT_TRUE(run(log().roll()).has_value());
  append({.count = 2, .producer = 7, .sequence = 2});
  const std::string name = "00000000000000000002.snapshot";
  const Bytes whole = file(name);
  overwrite(name, Bytes(whole.size()));
  reopen_unclean();
  EXPECT_EQ(file(name), whole);
}

TEST_F(LogFaultsTest, ASegmentThatCameBackBelowTheEndIsDropped) {
  create();
  append({.count = 2});
  const size_t first = file("00000000000000000000.log").size();
  append({.count = 2});
  append({.count = 2});
  ASSERT_TRUE(run(log().flush()).has_value());
  ASSERT_TRUE(run(files().sync_directory("/")).has_value());
  const Bytes all = file("00000000000000000000.log");
  overwrite("00000000000000000002.log", Bytes(all.begin() + static_cast<std::ptrdiff_t>(first), all.end()));
  reopen_unclean();
  EXPECT_EQ(log().end_offset(), Offset{6});
  EXPECT_EQ(log().segment_count(), 1);
  expect_no_gap(Offset{0});
  disk().crash_to_synced();
  EXPECT_FALSE(has_file("00000000000000000002.log"));
  reopen_unclean();
}

// Offsets that were given are never given again, whatever retention had done when the power went.
TEST_F(LogFaultsTest, APowerCutInRetentionLeavesTheEndWhereItWas) {
  constexpr Offset end{5};
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    runtime::SimRuntime world(runtime::SimOptions{.seed = seed});
    LogOptions options;
    options.retention_ms = 1;
    std::unique_ptr<PartitionLog> log;
    const auto fill = [&]() -> runtime::Task<void> {
      const Result<> made = co_await runtime::Shard::current().files().create_directories("/data");
      EXPECT_TRUE(made.has_value());
      auto created = co_await PartitionLog::create({.directory = test_log_directory, .partition = test_partition},
                                                   test_topic, options);
      log = *std::move(created);
      for (int64_t i = 0; i < end.raw(); ++i) {
        const Result<> rolled = co_await log->roll();
        EXPECT_TRUE(rolled.has_value());
        const auto appended = co_await log->append(Blob(TestBatch{.count = 1}.bytes()), {});
        EXPECT_TRUE(appended.has_value());
      }
      EXPECT_TRUE(world.disk().sync_all("/data").has_value());
    };
    world.run(fill());
    bool ended = false;
    runtime::TaskGroup tasks;
    const auto work = [&]() -> runtime::Task<void> {
      [[maybe_unused]] const auto retired = co_await log->apply_retention(end, TestBatch{}.timestamp + 1'000);
      ended = true;
    };
    tasks.spawn(work());
    world.run_until([&] { return ended; }, std::chrono::microseconds(world.chance().below(15'000)));
    world.disk().crash();
    world.run_until([&] { return ended; });
    world.run(tasks.join());
    log.reset();
    const auto check = [&]() -> runtime::Task<void> {
      auto opened = co_await PartitionLog::open(
          {.directory = test_log_directory, .partition = test_partition, .has_recovery_point = true}, options);
      EXPECT_TRUE(opened.has_value());
      if (opened) {
        EXPECT_EQ((*opened)->end_offset(), end);
      }
    };
    world.run(check());
  }
}

TEST_F(LogFaultsTest, EveryDamagedByteOfTheLastBatchIsSeenOrHarmless) {
  create();
  append({.count = 2});
  const size_t first = file("00000000000000000000.log").size();
  append({.count = 1, .value_size = 20});
  const Bytes whole = file("00000000000000000000.log");
  for (size_t at = first; at < whole.size(); ++at) {
    SCOPED_TRACE(at);
    Bytes damaged = whole;
    damaged[at] ^= 0xff;
    overwrite("00000000000000000000.log", damaged);
    reopen_unclean();
    // Base offset and leader epoch are not covered by the checksum.
    ASSERT_GE(log().end_offset(), Offset{2});
    ASSERT_GE(append({.count = 1}).first, Offset{2});
  }
}

TEST_F(LogFaultsTest, DuplicatesAreKnownAfterEveryKindOfStop) {
  options_.segment_bytes_max = 600;
  create();
  const auto sent = [](int32_t sequence) {
    return TestBatch{.count = 2, .value_size = 100, .producer = 9, .epoch = 1, .sequence = sequence};
  };
  for (int32_t sequence = 0; sequence < 12; sequence += 2) {
    const Offset first = append(sent(sequence)).first;
    sequence % 4 == 0 ? reopen_unclean(log().recovery_point()) : (close(), reopen_clean());
    const AppendInfo again = append(sent(sequence));
    EXPECT_TRUE(again.duplicate);
    EXPECT_EQ(again.first, first);
    EXPECT_EQ(append_error(sent(sequence + 4)), Errc::OutOfOrderSequence);
  }
}

TEST_F(LogFaultsTest, ADamagedIndexOfTransactionsIsBuiltAnew) {
  create();
  append({.producer = 5, .sequence = 0, .transactional = true});
  end_transaction(5, 0, false);
  overwrite("00000000000000000000.txnindex", Bytes(40, 0xee));
  reopen_unclean();
  const auto aborted = run(log().aborted_transactions(Offset{0}, Offset{2}));
  ASSERT_TRUE(aborted.has_value());
  ASSERT_EQ(aborted->size(), 1U);
  EXPECT_EQ(aborted->front().producer, ProducerId{5});
}

TEST_F(LogFaultsTest, AnIndexOfTransactionsThatEndsInUnwrittenBytesIsGoneOnWith) {
  create();
  append({.producer = 5, .sequence = 0, .transactional = true});
  end_transaction(5, 0, false);
  ASSERT_TRUE(run(log().sync(SyncScope::RecoveryPoint)).has_value());
  const Bytes first = file("00000000000000000000.txnindex");
  append({.producer = 6, .sequence = 0, .transactional = true});
  end_transaction(6, 0, false);
  Bytes torn = first;
  torn.resize(2 * first.size());  // the file had grown, and what it grew by was not on the disk
  overwrite("00000000000000000000.txnindex", torn);
  ASSERT_EQ(log().recovery_point(), Offset{2});
  reopen_unclean(Offset{2});
  const auto aborted = run(log().aborted_transactions(Offset{0}, Offset{4}));
  ASSERT_TRUE(aborted.has_value());
  ASSERT_EQ(aborted->size(), 2U);
  EXPECT_EQ(aborted->front().producer, ProducerId{5});
  EXPECT_EQ(aborted->back().producer, ProducerId{6});
}

TEST_F(LogFaultsTest, DamagedEpochsAndSnapshotsAreBuiltAnew) {
  create();
  append({.producer = 5, .sequence = 0}, {.leader_epoch = LeaderEpoch{3}});
  close();
  overwrite("leader-epoch-checkpoint", Bytes(100, 0xee));
  overwrite("00000000000000000001.snapshot", Bytes(100, 0xee));
  reopen_clean();
  EXPECT_EQ(log().latest_epoch(), LeaderEpoch{3});
  EXPECT_TRUE(append({.producer = 5, .sequence = 0}).duplicate);
}

TEST_F(LogFaultsTest, TheEpochsOfDeletedRecordsSurviveAKill) {
  create();
  append({.count = 1}, {.leader_epoch = LeaderEpoch{4}});
  ASSERT_TRUE(run(log().roll()).has_value());
  ASSERT_TRUE(run(log().delete_records_before(Offset{1})).has_value());
  ASSERT_EQ(run(log().apply_retention(Offset{1}, 0)).value(), 1U);
  reopen_unclean();
  EXPECT_EQ(log().latest_epoch(), LeaderEpoch{4});
}

// Reads from the start on, again and again, while the start moves.
runtime::Task<void> follow(PartitionLog& log, bool& is_done, int& failures) {
  while (!is_done) {
    const Offset from = log.start_offset();
    const Result<ReadResult> result = co_await log.read(from, 1 << 20, Offset{INT64_MAX}, true);
    if (!result && result.error().code != Errc::OffsetOutOfRange) {
      ADD_FAILURE() << result.error().message;
      ++failures;
    } else if (result && result->first != Offset{-1} && result->first != from) {
      ADD_FAILURE() << "asked for " << from.raw() << ", got " << result->first.raw();
      ++failures;
    }
    const Result<> flushed = co_await log.flush();
    failures += flushed ? 0 : 1;
    co_await runtime::yield();
  }
}

runtime::Task<void> remove_all(PartitionLog& log, bool& is_done) {
  while (log.start_offset() < log.end_offset()) {
    const Result<> deleted = co_await log.delete_records_before(log.start_offset() + 1);
    EXPECT_TRUE(deleted.has_value());
    const Result<size_t> removed = co_await log.apply_retention(log.end_offset(), 0);
    EXPECT_TRUE(removed.has_value());
    const Result<> gone = co_await log.remove_deleted_files(runtime::never);
    EXPECT_TRUE(gone.has_value());
  }
  is_done = true;
}

TEST(PartitionLogRaces, RetentionNeverFailsOrMisleadsAReader) {
  runtime::for_seeds(runtime::test_seed(), 30, [](runtime::SimRuntime& sim) {
    LogOptions options;
    options.segment_bytes_max = 300;
    const LogPlace place{.directory = test_log_directory, .partition = test_partition, .was_clean = true};
    auto log = sim.run(PartitionLog::create(place, test_topic, options));
    ASSERT_TRUE(log.has_value());
    for (int i = 0; i < 30; ++i) {
      ASSERT_TRUE(sim.run((*log)->append(Blob(TestBatch{.value_size = 120}.bytes()), {})).has_value());
    }
    ASSERT_TRUE(sim.run((*log)->close()).has_value());
    log = sim.run(PartitionLog::open(place, options));  // no file is open now
    ASSERT_TRUE(log.has_value());
    bool is_done = false;
    int failures = 0;
    runtime::TaskGroup group;
    for (int i = 0; i < 3; ++i) {
      group.spawn(follow(**log, is_done, failures));
    }
    group.spawn(remove_all(**log, is_done));
    sim.run(group.join());
    ASSERT_EQ(failures, 0);
    ASSERT_FALSE((*log)->is_failed());
  });
}

// Appends in rising epochs, and looks after each flush whether the disk knows the epoch.
runtime::Task<void> append_and_flush(PartitionLog& log, int32_t& epoch) {
  for (int i = 0; i < 10; ++i) {
    const LeaderEpoch own{epoch++};
    const Bytes bytes = TestBatch{.value_size = 100}.bytes();
    const AppendResult appended = co_await log.append(Blob(bytes), {.leader_epoch = own});
    EXPECT_TRUE(appended.has_value());
    const Result<> flushed = co_await log.sync(SyncScope::RecoveryPoint);
    EXPECT_TRUE(flushed.has_value()) << (flushed ? "" : flushed.error().message);
    EXPECT_GT(log.flushed_offset(), appended ? appended->last : Offset{-1});
    const std::string path = log.directory() + "/leader-epoch-checkpoint";
    const Result<Bytes> text = co_await runtime::Shard::current().files().read_file(path);
    if (text) {  // it may be replaced while we read
      const auto stored = EpochCache::parse(as_text(*text));
      EXPECT_TRUE(stored && stored->latest() >= own);
    }
  }
}

TEST(PartitionLogRaces, EachFlushKnowsWhatIsOnDisk) {
  runtime::for_seeds(runtime::test_seed(), 50, [](runtime::SimRuntime& sim) {
    LogOptions options;
    options.segment_bytes_max = 600;
    const LogPlace place{.directory = test_log_directory, .partition = test_partition};
    const auto log = sim.run(PartitionLog::create(place, test_topic, options));
    ASSERT_TRUE(log.has_value());
    int32_t epoch = 0;
    runtime::TaskGroup group;
    for (int i = 0; i < 4; ++i) {
      group.spawn(append_and_flush(**log, epoch));
    }
    sim.run(group.join());
    ASSERT_FALSE(::testing::Test::HasFailure());
  });
}

TEST(PartitionLogRaces, WhatWasAcknowledgedSurvivesABrokenDisk) {
  runtime::for_seeds(runtime::test_seed(), 60, [](runtime::SimRuntime& sim) {
    runtime::Random random(sim.seed() * 31);
    LogOptions options;
    options.segment_bytes_max = 500 + random.below(500);
    options.index_interval_bytes = random.below(300);
    LogPlace place{.directory = test_log_directory, .partition = test_partition};
    auto log = sim.run(PartitionLog::create(place, test_topic, options));
    ASSERT_TRUE(log.has_value());
    std::vector<std::pair<Offset, size_t>> acked;
    for (int i = 0; i < 80; ++i) {
      sim.disk().faults().io_error_one_in = random.one_in(2) ? 8 : 0;
      sim.disk().faults().capacity_bytes = random.one_in(4) ? sim.disk().used_bytes() + random.below(300) : no_limit;
      const size_t size = 1 + random.below(300);
      const auto appended = sim.run((*log)->append(Blob(TestBatch{.value_size = size}.bytes()), {}));
      if (appended) {
        acked.emplace_back(appended->first, size);
      }
      if (random.one_in(5)) {
        const SyncScope scope = random.one_in(2) ? SyncScope::RecoveryPoint : SyncScope::Records;
        const Result<> flushed = sim.run((*log)->sync(scope));
        ASSERT_TRUE(flushed || !flushed.error().message.empty());
      }
      sim.disk().faults() = {};
      if ((*log)->is_failed() || random.one_in(10)) {
        place.recovery_point = (*log)->recovery_point();
        log = sim.run(PartitionLog::open(place, options));
        ASSERT_TRUE(log.has_value()) << log.error().message;
      }
      ASSERT_TRUE(acked.empty() || (*log)->end_offset() > acked.back().first);
    }
    for (const auto& [offset, size] : acked) {
      const auto result = sim.run((*log)->read(offset, 1 << 20, Offset{INT64_MAX}, true));
      ASSERT_TRUE(result.has_value()) << result.error().message;
      ASSERT_EQ(result->first, offset);
    }
  });
}

}  // namespace
}  // namespace odradek::storage
