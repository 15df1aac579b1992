// What reaches the disk, when, and what an acknowledgement means. Runs on as many shards as ODRADEK_TEST_SHARDS says.
#include <gtest/gtest.h>

#include "replication/replication_fixture.h"

namespace odradek::replication {
namespace {

constexpr Uuid topic_id{0x1111, 0x2224};
constexpr int32_t many = 40;  // more than are synced one by one

class LogFlusherTest : public ReplicationTest {
 protected:
  void start_flushing(FlushIntervals intervals) {
    run(sim.on_all([this, intervals]() -> runtime::Task<void> {
      const auto sync_all = [this](size_t) -> runtime::Async<> {
        ++file_system_syncs_;
        co_return co_await runtime::Shard::current().files().sync_all("/data");
      };
      router_.local().start_flushing(sync_all, intervals);
      co_return;
    }));
  }
  void append_to_each(int32_t partitions) {
    for (int32_t i = 0; i < partitions; ++i) {
      EXPECT_TRUE(produce(id_of(topic_id, i)).has_value());
    }
  }
  storage::PartitionLog& log(int32_t index) {
    const PartitionId id = id_of(topic_id, index);
    return *router_.table(router_.owner(id)).find(id)->log();
  }
  int64_t flushed(int32_t index = 0) { return log(index).flushed_offset().raw(); }
  void advance_recovery_points() {
    run(sim.on_all([this]() -> runtime::Task<void> { co_await router_.local().flusher().advance_recovery_points(); }));
  }
  // Appends and waits for the acknowledgement; then how many records were on disk.
  static runtime::Task<void> append_acked(std::shared_ptr<Partition> partition, int16_t acks,
                                          std::vector<Result<>>& answers) {
    const auto appended = co_await partition->append(Blob(batch()), {.acks = acks});
    Result<> acked = fail(Errc::Unknown);
    if (appended) {
      acked = co_await partition->acknowledged(appended->last + 1, acks,
                                               runtime::Shard::current().in(std::chrono::seconds(5)));
      EXPECT_TRUE(!acked || partition->log()->flushed_offset() > appended->last);
    }
    answers.push_back(acked);
  }
  std::vector<Result<>> append_at_once(int count, int16_t acks) {
    const PartitionId id = id_of(topic_id);
    std::vector<Result<>> answers;
    run(router_.on_owner(id,
                         [&, count, acks](PartitionTable& table) { return append_all(table, count, acks, answers); }));
    return answers;
  }
  static runtime::Task<void> append_all(PartitionTable& table, int count, int16_t acks,
                                        std::vector<Result<>>& answers) {
    runtime::TaskGroup group;
    for (int i = 0; i < count; ++i) {
      group.spawn(append_acked(table.find(id_of(topic_id)), acks, answers));
    }
    co_await group.join();
  }

  int file_system_syncs_ = 0;
};

TEST_F(LogFlusherTest, AcknowledgedFromDiskMeansOnDiskForEveryKindOfAcks) {
  rules_.log.flush_records = 1;
  create("t", topic_id);
  for (const int16_t acks : {int16_t{-1}, int16_t{1}}) {
    for (const Result<>& answer : append_at_once(20, acks)) {
      EXPECT_TRUE(answer.has_value());
    }
  }
  EXPECT_EQ(flushed(), 40);
}

TEST_F(LogFlusherTest, WithoutItNobodyWaitsForTheDisk) {
  create("t", topic_id);
  ASSERT_TRUE(produce(id_of(topic_id)).has_value());
  EXPECT_EQ(flushed(), 0);
}

TEST_F(LogFlusherTest, AfterSoManyRecordsALogIsFlushed) {
  rules_.log.flush_records = 3;
  create("t", topic_id);
  append_to_each(1);
  append_to_each(1);
  sim.run_for(std::chrono::seconds(1));
  EXPECT_EQ(flushed(), 0);
  append_to_each(1);
  sim.run_for(std::chrono::seconds(1));
  EXPECT_EQ(flushed(), 3);
}

TEST_F(LogFlusherTest, WhatComesDuringAFlushAndIsNotDueYetIsFlushedInTheBackground) {
  rules_.log.flush_records = 2;
  start_flushing({.background = std::chrono::seconds(1)});
  create("t", topic_id);
  disk().faults().sync_delay_max = std::chrono::milliseconds(100);
  const PartitionId id = id_of(topic_id);
  run(router_.on_owner(id, [id](PartitionTable& table) -> runtime::Task<void> {
    const auto partition = table.find(id);
    record::BatchBuilder two{record::BatchOptions{}};
    two.append({.timestamp = 1'800'000'000'000, .key = {}, .value = as_bytes("value"), .headers = {}});
    two.append({.timestamp = 1'800'000'000'000, .key = {}, .value = as_bytes("value"), .headers = {}});
    for (const Bytes& bytes : {two.finish(), batch()}) {
      const auto appended = co_await partition->append(Blob(bytes), {});
      EXPECT_TRUE(appended.has_value());
    }
  }));
  sim.run_for(std::chrono::seconds(3));
  EXPECT_EQ(flushed(), 3);
}

TEST_F(LogFlusherTest, InTheBackgroundEverythingIsOnDiskAfterTheInterval) {
  start_flushing({.background = std::chrono::seconds(1)});
  create("t", topic_id, 2);
  append_to_each(2);
  EXPECT_EQ(flushed(0) + flushed(1), 0);
  sim.run_for(std::chrono::milliseconds(1200));
  EXPECT_EQ(flushed(0) + flushed(1), 2);
  EXPECT_EQ(file_system_syncs_, 0) << "two logs are synced one by one";
}

TEST_F(LogFlusherTest, ManyLogsShareASyncOfTheFileSystem) {
  start_flushing({.background = std::chrono::seconds(1)});
  create("t", topic_id, many * static_cast<int32_t>(sim.size()));
  append_to_each(many * static_cast<int32_t>(sim.size()));
  sim.run_for(std::chrono::milliseconds(1500));
  for (int32_t i = 0; i < many; ++i) {
    EXPECT_EQ(flushed(i), 1);
  }
  EXPECT_GE(file_system_syncs_, 1);
  EXPECT_LE(file_system_syncs_, 2 * static_cast<int>(sim.size()));
}

TEST_F(LogFlusherTest, ALogIsFlushedAtItsOwnAgeWhereTheSchedulerLooks) {
  rules_.log.flush_age = std::chrono::milliseconds(200);
  start_flushing({.background = runtime::Duration::zero(), .scheduled = std::chrono::milliseconds(100)});
  create("t", topic_id);
  append_to_each(1);
  sim.run_for(std::chrono::milliseconds(150));
  EXPECT_EQ(flushed(), 0);
  sim.run_for(std::chrono::milliseconds(300));
  EXPECT_EQ(flushed(), 1);
}

TEST_F(LogFlusherTest, RecoveryPointsAreBroughtUpToTheEnds) {
  start_flushing({.background = std::chrono::seconds(1)});
  for (const int32_t partitions : {1, many}) {
    const Uuid id{0x1111, static_cast<uint64_t>(0x3000 + partitions)};
    create("t" + std::to_string(partitions), id, partitions);
    for (int32_t i = 0; i < partitions; ++i) {
      ASSERT_TRUE(produce(id_of(id, i)).has_value());
    }
    advance_recovery_points();
    for (int32_t i = 0; i < partitions; ++i) {
      const PartitionId of{.topic = TopicId{id}, .index = PartitionIndex{i}};
      EXPECT_EQ(router_.table(router_.owner(of)).find(of)->log()->recovery_point(), Offset{1});
    }
  }
}

TEST_F(LogFlusherTest, ADiskThatFailsTakesItsDirectoryAndAnswersThoseWhoWait) {
  rules_.log.flush_records = 1;
  create("t", topic_id);
  create("calm", Uuid{5, 5});
  std::vector<size_t> reported;
  run(router_.on_owner(id_of(topic_id), [&](PartitionTable& table) -> runtime::Task<void> {
    table.report_failures_to([&](size_t directory, const Error&) { reported.push_back(directory); });
    co_return;
  }));
  const PartitionId id = id_of(topic_id);
  std::vector<Result<>> answers;
  runtime::TaskGroup waiting;
  run(router_.on_owner(id, [&](PartitionTable& table) -> runtime::Task<void> {
    const auto partition = table.find(id);
    const auto appended = co_await partition->append(Blob(batch()), {.acks = 1});
    EXPECT_TRUE(appended.has_value());
    disk().faults().is_dead = true;
    const Result<> acked = co_await partition->acknowledged(Offset{1}, 1, runtime::never);
    answers.push_back(acked);
  }));
  disk().faults().is_dead = false;
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers.front() ? Errc::Unknown : answers.front().error().code, Errc::Io);
  EXPECT_EQ(reported, (std::vector<size_t>{0}));
  EXPECT_EQ(produce(id_of(topic_id)), std::unexpected(Errc::Io));
  if (router_.owner(id_of(Uuid{5, 5})) == router_.owner(id)) {
    EXPECT_EQ(produce(id_of(Uuid{5, 5})), std::unexpected(Errc::Io)) << "it lies in the same directory";
  }
}

}  // namespace
}  // namespace odradek::replication
