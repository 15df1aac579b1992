#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "replication/replication_fixture.h"
#include "storage/log_cleaner.h"

namespace odradek::replication {
namespace {

constexpr Uuid uuid{0x1111, 0x2222};

class PartitionCleaningTest : public ReplicationTest {
 protected:
  PartitionCleaningTest() {
    rules_.log.compacts = true;
    rules_.log.deletes = false;
    rules_.log.min_cleanable_dirty_ratio = 0;
  }
  PartitionTable& table() { return router_.table(router_.owner(id_of(uuid))); }

  template <typename Work>
  void on_owner(Work work) {
    run(router_.on_owner(id_of(uuid), std::move(work)));
  }
  void put(std::string key) {
    on_owner([key](PartitionTable& table) { return put_into(table, key); });
  }
  void roll() {
    on_owner([](PartitionTable& table) { return roll_in(table, 0); });
  }
  std::optional<DirtyLog> dirtiest(std::vector<PartitionId> except = {}) {
    std::optional<DirtyLog> found;
    on_owner([&found, except](PartitionTable& table) { return find_dirtiest(table, except, found); });
    return found;
  }
  bool clean() {
    bool done = false;
    on_owner([&done](PartitionTable& table) { return clean_in(table, done); });
    return done;
  }
  static runtime::Task<void> roll_in(PartitionTable& table, int32_t index) {
    const Result<> rolled = co_await table.find(id_of(uuid, index))->log()->roll();
    EXPECT_TRUE(rolled.has_value());
  }
  runtime::Task<void> look_after_while_the_clock_is_set(PartitionTable& table) {
    runtime::TaskGroup upkeep;
    upkeep.spawn(table.upkeep());
    co_await runtime::yield();
    sim.shift_wall(std::chrono::hours(24));
    co_await upkeep.join();
  }
  size_t segments() { return table().find(id_of(uuid))->log()->segment_count(); }

 private:
  static runtime::Task<void> put_into(PartitionTable& table, std::string key) {
    record::BatchBuilder builder{record::BatchOptions{}};
    builder.append({.timestamp = 1'800'000'000'000, .key = as_bytes(key), .value = as_bytes("v"), .headers = {}});
    const auto appended = co_await table.find(id_of(uuid))->append(Blob(builder.finish()), {.acks = 1});
    EXPECT_TRUE(appended.has_value());
  }
  static runtime::Task<void> find_dirtiest(PartitionTable& table, std::vector<PartitionId> except,
                                           std::optional<DirtyLog>& found) {
    found = co_await table.dirtiest(std::move(except));
  }
  static runtime::Task<void> clean_in(PartitionTable& table, bool& done) {
    done = co_await table.clean(id_of(uuid), {});
  }
};

TEST_F(PartitionCleaningTest, ALogIsDueOnceASegmentIsClosedAndUntilItIsCompacted) {
  create("t", uuid);
  put("a");
  put("a");
  EXPECT_FALSE(dirtiest().has_value());
  roll();
  const auto found = dirtiest();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->id, id_of(uuid));
  EXPECT_FALSE(dirtiest({id_of(uuid)}).has_value());
  EXPECT_TRUE(clean());
  EXPECT_FALSE(dirtiest().has_value());
  EXPECT_EQ(table().offsets().front().cleaner_offsets.at({.topic = "t", .index = PartitionIndex{0}}), Offset{2});
}

TEST_F(PartitionCleaningTest, ATopicThatIsNotCompactedIsNeverDue) {
  rules_.log.compacts = false;
  create("t", uuid);
  put("a");
  roll();
  EXPECT_FALSE(dirtiest().has_value());
}

TEST_F(PartitionCleaningTest, ADamagedLogIsLeftAloneFromThenOn) {
  create("t", uuid);
  put("a");
  put("a");
  roll();
  const auto damage = [this]() -> runtime::Task<void> {
    auto opened = co_await files().open(std::make_shared<runtime::DirectoryPath>("/data/t-0"),
                                        "00000000000000000000.log", runtime::OpenMode::Write);
    const Bytes bytes(1, 0x55);
    const Result<> written = co_await (*opened)->write(64, {ByteView(bytes)});
    EXPECT_TRUE(written.has_value());
  };
  run(damage());
  EXPECT_TRUE(dirtiest().has_value());
  EXPECT_FALSE(clean());
  EXPECT_TRUE(table().find(id_of(uuid))->is_uncleanable());
  EXPECT_FALSE(dirtiest().has_value());
  put("b");  // all else goes on
}

TEST_F(PartitionCleaningTest, StoppedItBeginsNothing) {
  create("t", uuid);
  put("a");
  roll();
  table().stop_cleaning();
  EXPECT_FALSE(clean());
  EXPECT_FALSE(dirtiest().has_value());
}

TEST_F(PartitionCleaningTest, AfterTheClockWasSetNothingIsCompactedOrDeletedForAWhile) {
  rules_.log.deletes = true;
  rules_.log.retention_ms = 1000;
  rules_.log.file_delete_delay = std::chrono::minutes(1);
  create("t", uuid);
  put("a");
  put("a");
  roll();
  EXPECT_TRUE(dirtiest().has_value());  // a first look at the clocks
  sim.shift_wall(std::chrono::hours(24));
  EXPECT_FALSE(dirtiest().has_value());
  on_owner([](PartitionTable& table) { return table.upkeep(); });
  EXPECT_EQ(segments(), 2);
  sim.run_for(std::chrono::seconds(59));
  on_owner([](PartitionTable& table) { return table.upkeep(); });
  EXPECT_EQ(segments(), 2);
  sim.run_for(std::chrono::seconds(2));
  EXPECT_TRUE(dirtiest().has_value());
  on_owner([](PartitionTable& table) { return table.upkeep(); });
  EXPECT_EQ(segments(), 1);
}

TEST_F(PartitionCleaningTest, AClockThatWasSetSinceTheStartIsNoticedAtTheFirstLook) {
  rules_.log.compacts = false;
  rules_.log.deletes = true;
  rules_.log.retention_ms = 3'600'000;
  rules_.log.file_delete_delay = std::chrono::minutes(1);
  create("t", uuid);
  put("a");
  roll();
  sim.shift_wall(std::chrono::hours(24));
  on_owner([](PartitionTable& table) { return table.upkeep(); });
  EXPECT_EQ(segments(), 2);
}

TEST_F(PartitionCleaningTest, WhatWasDueBeforeTheClockWasSetIsNotCompactedAfter) {
  rules_.log.file_delete_delay = std::chrono::minutes(1);
  create("t", uuid);
  put("a");
  put("a");
  roll();
  EXPECT_TRUE(dirtiest().has_value());
  sim.shift_wall(-std::chrono::hours(24));
  EXPECT_FALSE(clean());
  sim.run_for(std::chrono::minutes(1));
  EXPECT_TRUE(clean());
}

TEST_F(PartitionCleaningTest, AClockThatIsSetWhilePartitionsAreLookedAtDeletesNothing) {
  constexpr int32_t partitions = 16;
  rules_.log.compacts = false;
  rules_.log.deletes = true;
  rules_.log.retention_ms = 3'600'000;
  rules_.log.file_delete_delay = std::chrono::minutes(1);
  create("t", uuid, partitions);
  for (int32_t i = 0; i < partitions; ++i) {
    EXPECT_EQ(produce(id_of(uuid, i)), 0);
    run(router_.on_owner(id_of(uuid, i), [i](PartitionTable& table) { return roll_in(table, i); }));
  }
  on_owner([](PartitionTable& table) { return table.upkeep(); });
  on_owner([this](PartitionTable& table) { return look_after_while_the_clock_is_set(table); });
  for (int32_t i = 0; i < partitions; ++i) {
    EXPECT_EQ(router_.table(router_.owner(id_of(uuid, i))).find(id_of(uuid, i))->log()->segment_count(), 2) << i;
  }
}

}  // namespace
}  // namespace odradek::replication
