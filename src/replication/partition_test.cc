// Who may append and read, and up to where. Runs on as many shards as ODRADEK_TEST_SHARDS says.
#include <gtest/gtest.h>

#include "record/control_record.h"
#include "replication/replication_fixture.h"

namespace odradek::replication {
namespace {

constexpr Uuid topic_id{0x1111, 0x2223};
constexpr int64_t early = 1'800'000'000'000;
constexpr uint64_t plenty = 1 << 20;

class PartitionTest : public ReplicationTest {
 protected:
  using Found = std::optional<storage::TimestampOffset>;

  PartitionTest() { id_ = id_of(topic_id); }

  // The topic with one partition, led by `leader` in `epoch`; again to change them.
  // `others` are replicas out of sync.
  void lead(NodeId leader, int32_t epoch, const std::vector<int32_t>& others = {}) {
    protocol::PartitionRecord record = metadata::partition_record(topic_id, 0, leader.raw());
    record.replicas.insert(record.replicas.end(), others.begin(), others.end());
    record.leader_epoch = epoch;
    record.partition_epoch = epoch;
    std::vector<metadata::MetadataRecord> records;
    if (image_->topic("t") == nullptr) {
      records.emplace_back(metadata::topic_record("t", topic_id));
    }
    records.emplace_back(std::move(record));
    apply(std::move(records));
    settle();
  }
  void open() { lead(self, 0); }

  // `call`(Partition&) on the partition's shard, also where the table does not know it any more.
  template <typename Call>
  auto ask(Call call) {
    if (partition_ == nullptr) {
      partition_ = router_.table(router_.owner(id_)).find(id_);
    }
    return run(router_.on_owner(id_, [&one = *partition_, call](PartitionTable&) { return call(one); }));
  }

  Result<FetchedRecords> read(FetchSpec spec) {
    spec.bytes_max = plenty;
    return ask([spec](Partition& one) { return one.read(spec); });
  }
  std::expected<Offset, Errc> delete_before(Offset before) {
    return code_of(ask([before](Partition& one) { return one.delete_records(before); }));
  }
  // The offset that was found; -9 for nothing.
  std::expected<Offset, Errc> find(int64_t timestamp, ReadLimit limit = ReadLimit::HighWatermark,
                                   LeaderEpoch epoch = no_leader_epoch) {
    const Result<Found> found = ask([=](Partition& one) { return one.find_offset(timestamp, limit, epoch); });
    if (!found) {
      return std::unexpected(found.error().code);
    }
    return *found ? (*found)->offset : Offset{-9};
  }
  std::expected<Offset, Errc> append(int64_t timestamp, ProduceSpec spec = {}) {
    const auto appended =
        ask([blob = Blob(batch_at(timestamp)), spec](Partition& one) { return one.append(blob, spec); });
    if (!appended) {
      return std::unexpected(appended.error().error.code);
    }
    return appended->first;
  }
  // Into the log and not through the partition: what has not been promised to anybody.
  void append_unpromised() {
    const auto appended = ask([blob = Blob(batch_at(early))](Partition& one) { return one.log()->append(blob, {}); });
    ASSERT_TRUE(appended.has_value());
  }
  Offset high_watermark() { return router_.table(router_.owner(id_)).find(id_)->high_watermark(); }

  // Notes which error the call ended with, once it has.
  static runtime::Task<void> read_from(Partition& one, std::optional<Errc>& into) {
    const auto records = co_await one.read({.from = Offset{0}});
    into = error(records);
  }

  template <typename T>
  static std::expected<T, Errc> code_of(Result<T> result) {
    if (!result) {
      return std::unexpected(result.error().code);
    }
    return *std::move(result);
  }
  static Errc error(const auto& result) { return result ? Errc::Cancelled : result.error().code; }
  static Bytes batch_at(int64_t timestamp) {
    record::BatchBuilder builder{record::BatchOptions{}};
    builder.append({.timestamp = timestamp, .key = as_bytes("key"), .value = as_bytes("value"), .headers = {}});
    return builder.finish();
  }

  PartitionId id_;
  std::shared_ptr<Partition> partition_;
};

TEST_F(PartitionTest, OnlyTheLeaderServes) {
  open();
  EXPECT_EQ(append(early), Offset{0});
  lead(NodeId{2}, 1);
  EXPECT_EQ(append(early), std::unexpected(Errc::NotLeader));
  EXPECT_EQ(error(read({.from = Offset{0}})), Errc::NotLeader);
  EXPECT_EQ(find(offset_spec::latest), std::unexpected(Errc::NotLeader));
  EXPECT_EQ(delete_before(Offset{-1}), std::unexpected(Errc::NotLeader));
  lead(self, 2);
  EXPECT_EQ(append(early), Offset{1});
}

TEST_F(PartitionTest, AReaderWithAnotherEpochIsToldWhichOfBothIsBehind) {
  lead(self, 3);
  EXPECT_TRUE(read({.from = Offset{0}, .current_leader_epoch = LeaderEpoch{3}}).has_value());
  EXPECT_EQ(error(read({.from = Offset{0}, .current_leader_epoch = LeaderEpoch{2}})), Errc::FencedLeaderEpoch);
  EXPECT_EQ(error(read({.from = Offset{0}, .current_leader_epoch = LeaderEpoch{4}})), Errc::UnknownLeaderEpoch);
  const ReadLimit limit = ReadLimit::HighWatermark;
  EXPECT_EQ(find(offset_spec::earliest, limit, LeaderEpoch{2}), std::unexpected(Errc::FencedLeaderEpoch));
  EXPECT_EQ(find(offset_spec::earliest, limit, LeaderEpoch{4}), std::unexpected(Errc::UnknownLeaderEpoch));
}

TEST_F(PartitionTest, TheEpochIsCheckedBeforeTheLeader) {
  lead(NodeId{2}, 3);
  EXPECT_EQ(error(read({.from = Offset{0}, .current_leader_epoch = LeaderEpoch{2}})), Errc::FencedLeaderEpoch);
  EXPECT_EQ(error(read({.from = Offset{0}, .current_leader_epoch = LeaderEpoch{3}})), Errc::NotLeader);
}

TEST_F(PartitionTest, AnEpochEndsWhereTheNextReignBegan) {
  open();
  EXPECT_EQ(append(early), Offset{0});
  lead(self, 1);
  EXPECT_EQ(append(early), Offset{1});
  const auto end = ask([](Partition& one) { return one.end_of_epoch(LeaderEpoch{0}, no_leader_epoch); });
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->end, Offset{1});
}

TEST_F(PartitionTest, AReaderWhoseHistoryDivergesGetsNoRecords) {
  open();
  EXPECT_EQ(append(early), Offset{0});
  lead(self, 1);
  EXPECT_EQ(append(early), Offset{1});
  const auto same = read({.from = Offset{1}, .last_fetched_epoch = LeaderEpoch{0}});
  ASSERT_TRUE(same.has_value());
  EXPECT_FALSE(same->diverging.has_value());
  EXPECT_EQ(same->records.size(), batch_at(early).size());
  const auto other = read({.from = Offset{2}, .last_fetched_epoch = LeaderEpoch{0}});
  ASSERT_TRUE(other.has_value());
  ASSERT_TRUE(other->diverging.has_value());
  EXPECT_EQ(other->diverging->end, Offset{1});
  EXPECT_EQ(other->records.size(), 0);
  const auto newer = read({.from = Offset{1}, .last_fetched_epoch = LeaderEpoch{2}});
  ASSERT_FALSE(newer.has_value()) << "where its history ends here nobody can say";
  EXPECT_EQ(newer.error().code, Errc::OffsetOutOfRange);
}

TEST_F(PartitionTest, OnlyReplicasSeeWhatLiesAboveTheHighWatermark) {
  open();
  EXPECT_EQ(append(early), Offset{0});
  append_unpromised();
  const size_t one = batch_at(early).size();
  const auto consumer = read({.from = Offset{0}});
  ASSERT_TRUE(consumer.has_value());
  EXPECT_EQ(consumer->records.size(), one);
  EXPECT_EQ(consumer->high_watermark, Offset{1});
  EXPECT_EQ(read({.from = Offset{0}, .limit = ReadLimit::LastStable})->records.size(), one);
  EXPECT_EQ(read({.from = Offset{0}, .limit = ReadLimit::LogEnd})->records.size(), 2 * one);
  EXPECT_EQ(find(offset_spec::latest), Offset{1});
  EXPECT_EQ(find(offset_spec::latest, ReadLimit::LogEnd), Offset{2});
}

// A transaction of one record, aborted, in a segment of its own.
runtime::Async<> abort_and_roll(Partition& one, int64_t producer) {
  record::BatchBuilder builder({.producer_id = ProducerId{producer},
                                .producer_epoch = ProducerEpoch{0},
                                .base_sequence = 0,
                                .is_transactional = true});
  builder.append({.timestamp = early, .key = as_bytes("key"), .value = as_bytes("value"), .headers = {}});
  const auto appended = co_await one.append(Blob(builder.finish()), {});
  EXPECT_TRUE(appended.has_value());
  Bytes marker =
      record::marker_batch({.commit = false, .coordinator_epoch = 0}, ProducerId{producer}, ProducerEpoch{0}, early);
  const auto ended = co_await one.append(Blob(std::move(marker)), {.origin = storage::AppendOrigin::Coordinator});
  EXPECT_TRUE(ended.has_value());
  co_return co_await one.log()->roll();
}

TEST_F(PartitionTest, AReaderIsToldOfTheTransactionsAmongItsRecordsOnly) {
  open();
  ASSERT_TRUE(ask([](Partition& one) { return abort_and_roll(one, 5); }).has_value());
  ASSERT_TRUE(ask([](Partition& one) { return abort_and_roll(one, 6); }).has_value());
  for (const int64_t from : {0, 2}) {
    const auto fetched = read({.from = Offset{from}, .limit = ReadLimit::LastStable});
    ASSERT_TRUE(fetched.has_value());
    ASSERT_EQ(fetched->aborted.size(), 1U);
    EXPECT_EQ(fetched->aborted.front().first, Offset{from});
  }
}

TEST_F(PartitionTest, RecordsAreDeletedUpToTheHighWatermark) {
  open();
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(append(early), Offset{i});
  }
  append_unpromised();
  EXPECT_EQ(delete_before(Offset{4}), std::unexpected(Errc::OffsetOutOfRange));
  EXPECT_EQ(delete_before(Offset{-2}), std::unexpected(Errc::OffsetOutOfRange));
  EXPECT_EQ(delete_before(Offset{2}), Offset{2});
  EXPECT_EQ(delete_before(Offset{1}), Offset{2}) << "the start never goes back";
  EXPECT_EQ(error(read({.from = Offset{1}})), Errc::OffsetOutOfRange);
  EXPECT_EQ(delete_before(Offset{-1}), Offset{3});
  EXPECT_EQ(find(offset_spec::earliest), Offset{3});
}

TEST_F(PartitionTest, ATopicThatOnlyCompactsKeepsItsRecords) {
  rules_.log.deletes = false;
  rules_.log.compacts = true;
  open();
  EXPECT_EQ(append(early), Offset{0});
  EXPECT_EQ(delete_before(Offset{-1}), std::unexpected(Errc::PolicyViolation));
  EXPECT_EQ(find(offset_spec::earliest), Offset{0});
}

TEST_F(PartitionTest, OffsetsAreFoundByTimestamp) {
  open();
  EXPECT_EQ(append(early), Offset{0});
  EXPECT_EQ(append(early + 20), Offset{1});
  EXPECT_EQ(append(early + 10), Offset{2});
  EXPECT_EQ(find(early), Offset{0});
  EXPECT_EQ(find(early + 1), Offset{1});
  EXPECT_EQ(find(early + 21), Offset{-9});
  EXPECT_EQ(find(offset_spec::max_timestamp), Offset{1});
}

TEST_F(PartitionTest, ARecordThatIsNotCommittedIsNotFoundByTimestamp) {
  open();
  append_unpromised();
  EXPECT_EQ(find(early), Offset{-9});
  EXPECT_EQ(find(offset_spec::max_timestamp), Offset{-9});
  EXPECT_EQ(find(early, ReadLimit::LogEnd), Offset{0});
}

TEST_F(PartitionTest, NothingIsTiered) {
  open();
  EXPECT_EQ(append(early), Offset{0});
  EXPECT_EQ(delete_before(Offset{-1}), Offset{1});
  EXPECT_EQ(find(offset_spec::earliest_local), Offset{1});
  EXPECT_EQ(find(offset_spec::latest_tiered), Offset{-1});
  EXPECT_EQ(find(offset_spec::earliest_pending_upload), Offset{-1});
}

TEST_F(PartitionTest, TooFewReplicasInSyncRefuseOnlyThoseWhoAskForAll) {
  lead(self, 0, {2, 3});
  EXPECT_EQ(append(early, {.acks = -1, .min_insync_replicas = 2}), std::unexpected(Errc::NotEnoughReplicas));
  EXPECT_EQ(append(early, {.acks = 1, .min_insync_replicas = 2}), Offset{0}) << "and nothing was written before";
}

// A topic of one replica with min.insync.replicas=2, as many a server.properties would have it, takes records.
TEST_F(PartitionTest, AllReplicasAreEnoughInSync) {
  open();
  EXPECT_EQ(append(early, {.acks = -1, .min_insync_replicas = 2}), Offset{0});
}

TEST_F(PartitionTest, WhereEveryRecordIsFlushedOnlyFlushedOffsetsArePromised) {
  rules_.log.flush_records = 1;
  open();
  append_unpromised();
  lead(self, 1);
  EXPECT_EQ(high_watermark(), Offset{0});
  ASSERT_TRUE(ask([](Partition& one) { return one.log()->flush(); }).has_value());
  lead(self, 2);
  EXPECT_EQ(high_watermark(), Offset{1});
}

TEST_F(PartitionTest, OtherwiseTheEndOfTheLogIsPromised) {
  open();
  append_unpromised();
  lead(self, 1);
  EXPECT_EQ(high_watermark(), Offset{1});
}

TEST_F(PartitionTest, ACallWaitsUntilThePartitionIsOnline) {
  Partition later(id_, {.topic = "t", .index = PartitionIndex{0}}, self);
  std::optional<Errc> answer;
  runtime::TaskGroup waiting;
  waiting.spawn(read_from(later, answer));
  sim.run_for(std::chrono::seconds(1));
  EXPECT_FALSE(answer.has_value());
  auto log = run(storage::PartitionLog::create(found("t", 0).place, TopicId{topic_id}, {}));
  ASSERT_TRUE(log.has_value());
  later.online(*std::move(log));
  run(waiting.join());
  EXPECT_EQ(answer, Errc::NotLeader) << "no image has made this node its leader";
  EXPECT_TRUE(run(run(later.close(Errc::NotLeader))->close()).has_value());
}

TEST_F(PartitionTest, AfterADiskErrorEveryCallAnswersWithIt) {
  open();
  EXPECT_EQ(append(early), Offset{0});
  disk().faults().is_dead = true;
  EXPECT_EQ(append(early), std::unexpected(Errc::Io));
  disk().faults().is_dead = false;
  EXPECT_EQ(append(early), std::unexpected(Errc::Io));
  EXPECT_EQ(error(read({.from = Offset{0}})), Errc::Io);
}

// Both in one turn of the loop; which errors they ended with.
runtime::Async<std::vector<Errc>> append_together(Partition& one, Bytes left, Bytes right) {
  std::vector<Errc> errors(2, Errc::Cancelled);
  runtime::TaskGroup both;
  for (size_t i = 0; i < errors.size(); ++i) {
    both.spawn([](Partition& to, Bytes bytes, Errc& into) -> runtime::Task<void> {
      const auto appended = co_await to.append(Blob(std::move(bytes)), {});
      into = appended ? Errc::Cancelled : appended.error().error.code;
    }(one, i == 0 ? left : right, errors[i]));
  }
  co_await both.join();
  co_return errors;
}

TEST_F(PartitionTest, ADiskErrorIsWhatEveryCallAnswersWithThoughOthersWereRefusedForThemselves) {
  constexpr int64_t never = INT64_MAX / 2;
  for (const bool is_good_first : {true, false}) {
    SCOPED_TRACE(is_good_first);
    lead(self, 0);
    const Bytes good = batch_at(early);
    const Bytes bad = batch_at(never);
    disk().faults().io_error_one_in = 1;
    const auto errors = ask([&](Partition& one) {
      return is_good_first ? append_together(one, good, bad) : append_together(one, bad, good);
    });
    disk().faults().io_error_one_in = 0;
    ASSERT_TRUE(errors.has_value());
    EXPECT_EQ(errors->at(is_good_first ? 0 : 1), Errc::Io);
    EXPECT_EQ(errors->at(is_good_first ? 1 : 0), Errc::InvalidTimestamp);
    EXPECT_EQ(error(read({.from = Offset{0}})), Errc::Io);
    restart({}, id_.topic);
    partition_.reset();
    ASSERT_TRUE(run(files().remove_all("/data/t-0")).has_value());
  }
}

// Syncs while an append fails that nobody has heard of yet.
runtime::Async<> sync_beside_failure(Partition& one, runtime::SimDisk& disk, Bytes batch) {
  disk.faults().sync_delay_max = std::chrono::milliseconds(100);
  Result<> synced = fail(Errc::Cancelled);
  runtime::TaskGroup syncing;
  syncing.spawn([](Partition& of, Result<>& into) -> runtime::Task<void> {
    into = co_await of.sync(storage::SyncScope::Records);
  }(one, synced));
  co_await runtime::sleep_for(std::chrono::microseconds(10));
  disk.faults().io_error_one_in = 1;
  const auto appended = co_await one.log()->append(Blob(std::move(batch)), {});
  EXPECT_FALSE(appended.has_value());
  disk.faults().io_error_one_in = 0;
  co_await syncing.join();
  co_return synced;
}

TEST_F(PartitionTest, ASyncThatSucceedsIsNoFailureOfTheDisk) {
  open();
  EXPECT_EQ(append(early), Offset{0});
  const auto flushed = ask([](Partition& one) { return one.sync(storage::SyncScope::Records); });
  ASSERT_TRUE(flushed.has_value());  // the names, too
  EXPECT_EQ(append(early), Offset{1});
  const auto synced = ask([&](Partition& one) { return sync_beside_failure(one, disk(), batch_at(early)); });
  EXPECT_TRUE(synced.has_value());
}

TEST_F(PartitionTest, WhatACrashLeftIsShownAsAWholeWhereAcknowledgedMeansOnTheDisk) {
  rules_.log.flush_records = 1;
  open();
  EXPECT_EQ(append(early), Offset{0});
  EXPECT_EQ(append(early), Offset{1});
  restart({found("t", 0)}, id_.topic);
  partition_.reset();
  disk().faults().sync_delay_max = std::chrono::milliseconds(100);
  open();
  EXPECT_EQ(high_watermark(), Offset{2});
  EXPECT_EQ(find(offset_spec::latest), Offset{2});
}

TEST_F(PartitionTest, ADiskThatCannotKeepWhatACrashLeftFailsItsDirectory) {
  rules_.log.flush_records = 1;
  open();
  EXPECT_EQ(append(early), Offset{0});
  restart({found("t", 0)}, id_.topic);
  partition_.reset();
  disk().faults().sync_error_one_in = 1;
  open();
  EXPECT_EQ(error(read({.from = Offset{0}})), Errc::Io);
}

TEST_F(PartitionTest, ADeletedPartitionIsUnknownToThoseWhoStillHoldIt) {
  open();
  EXPECT_EQ(append(early), Offset{0});
  apply(removal(topic_id));
  settle();
  EXPECT_EQ(append(early), std::unexpected(Errc::UnknownTopicOrPartition));
  EXPECT_EQ(error(read({.from = Offset{0}})), Errc::UnknownTopicOrPartition);
}

TEST_F(PartitionTest, WhileTheProcessStopsAPartitionIsLedElsewhere) {
  open();
  EXPECT_EQ(append(early), Offset{0});
  close();
  EXPECT_EQ(append(early), std::unexpected(Errc::NotLeader));
  EXPECT_EQ(error(read({.from = Offset{0}})), Errc::NotLeader);
}

TEST_F(PartitionTest, ClosingEndsTheCallsThatWaitForTheLog) {
  Partition never_online(id_, {.topic = "t", .index = PartitionIndex{0}}, self);
  std::optional<Errc> answer;
  runtime::TaskGroup waiting;
  waiting.spawn(read_from(never_online, answer));
  sim.run_for(std::chrono::seconds(1));
  EXPECT_FALSE(answer.has_value());
  EXPECT_EQ(run(never_online.close(Errc::NotLeader)), nullptr);
  run(waiting.join());
  EXPECT_EQ(answer, Errc::NotLeader);
}

}  // namespace
}  // namespace odradek::replication
