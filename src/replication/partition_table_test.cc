#include <gtest/gtest.h>

#include "replication/replication_fixture.h"

namespace odradek::replication {
namespace {

constexpr Uuid first{0x1111, 0x2222};
constexpr Uuid second{0x1111, 0x2223};  // on the next shard

class PartitionTableTest : public ReplicationTest {
 protected:
  Offset start_of(PartitionId id) {
    for (const auto& offsets :
         run(router_.on(router_.owner(id), [](PartitionTable& table) { return offsets_of(table); }))) {
      for (const auto& [name, start] : offsets.start_offsets) {
        return start;
      }
    }
    return Offset{-1};
  }
  void retire_strays() {
    run(sim.on_all([this]() -> runtime::Task<void> { co_await router_.local().retire_strays(); }));
  }
  static runtime::Task<void> forget_by(PartitionTable& table, bool& is_forgotten) {
    table.forget_retired_by([&is_forgotten] { return forget(is_forgotten); });
    co_return;
  }
  static runtime::Async<> forget(bool& is_forgotten) {
    co_await runtime::sleep_for(std::chrono::milliseconds(20));
    is_forgotten = true;
    co_return Result<>{};
  }
  // No log is opened where a file should be and a directory is.
  void damage(const std::string& directory) {
    ASSERT_TRUE(run(files().create_directories(directory + "/partition.metadata")).has_value());
  }

 private:
  static runtime::Task<std::vector<DirectoryOffsets>> offsets_of(PartitionTable& table) { co_return table.offsets(); }
};

TEST_F(PartitionTableTest, CallsWaitUntilTheLogIsThere) {
  apply(topic("t", first, 8));
  for (int32_t i = 0; i < 8; ++i) {
    const PartitionId id = id_of(first, i);
    ASSERT_TRUE(sim.run_until([&] { return router_.table(router_.owner(id)).find(id) != nullptr; }));
    EXPECT_EQ(produce(id), 0);
  }
  EXPECT_TRUE(exists("/data/t-7"));
}

TEST_F(PartitionTableTest, ADeletedTopicLeavesItsNameAtOnceAndTheDiskLater) {
  create("t", first);
  EXPECT_EQ(produce(id_of(first)), 0);
  apply(removal(first));
  settle();
  EXPECT_EQ(produce(id_of(first)), std::unexpected(Errc::UnknownTopicOrPartition));
  EXPECT_FALSE(exists("/data/t-0"));
  EXPECT_EQ(run(files().list("/data"))->size(), 1);
  sim.run_for(std::chrono::minutes(2));
  EXPECT_EQ(run(files().list("/data"))->size(), 0);
}

TEST_F(PartitionTableTest, ATopicCreatedAgainUnderItsNameBeginsEmptyWhicheverShardOwnsIt) {
  Uuid id = first;
  create("t", id, 4);
  for (int round = 0; round < 10; ++round) {
    for (int32_t i = 0; i < 4; ++i) {
      EXPECT_EQ(produce(id_of(id, i)), 0);
    }
    apply(removal(id));
    id = Uuid{id.most(), id.least() + 1};
    apply(topic("t", id, 4));
  }
  settle();
  for (int32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(produce(id_of(id, i)), 0);
  }
}

TEST_F(PartitionTableTest, OfTwoDirectoriesOfANameTheTopicsOwnIsOpened) {
  create("t", first);
  EXPECT_EQ(produce(id_of(first)), 0);
  restart({found("t", 0)}, TopicId{second});
  create("t", second);
  EXPECT_EQ(produce(id_of(second)), 0) << "the records of another topic are not these";
  EXPECT_EQ(run(files().list("/data"))->size(), 2);
}

TEST_F(PartitionTableTest, OfTwoDirectoriesOfOneTopicNeitherIsTouched) {
  create("t", first);
  EXPECT_EQ(produce(id_of(first)), 0);
  close();
  ASSERT_TRUE(run(files().rename("/data/t-0", "/data/elsewhere")).has_value());  // a disk that is away
  restart({}, TopicId{first});
  create("t", first);
  EXPECT_EQ(produce(id_of(first)), 0);
  storage::FoundPartition other = found("t", 0);
  other.place.directory = "/data/elsewhere";
  restart({found("t", 0), other}, TopicId{first});
  create("t", first);
  EXPECT_EQ(produce(id_of(first)), std::unexpected(Errc::Io));
  EXPECT_TRUE(exists("/data/t-0"));
  EXPECT_TRUE(exists("/data/elsewhere"));
}

TEST_F(PartitionTableTest, WhatTheMetadataDoesNotNameIsSetAside) {
  create("t", first);
  create("u", second);
  restart({found("t", 0), found("u", 0)}, TopicId{first});
  apply(topic("t", first));
  retire_strays();
  EXPECT_FALSE(exists("/data/u-0"));
  settle();
  EXPECT_EQ(produce(id_of(first)), 0);
  EXPECT_EQ(run(files().list("/data"))->size(), 2);
}

TEST_F(PartitionTableTest, ADamagedDirectoryIsOfflineAndKeepsWhatTheCheckpointsSaid) {
  damage("/data/t-0");
  restart({found("t", 0, Offset{7})}, TopicId{first});
  create("t", first);
  EXPECT_EQ(produce(id_of(first)), std::unexpected(Errc::Io));
  EXPECT_EQ(start_of(id_of(first)), Offset{7});
  bool is_clean = true;
  for (const auto& closed : close()) {
    is_clean = is_clean && closed.is_clean;
  }
  EXPECT_FALSE(is_clean);
}

TEST_F(PartitionTableTest, TheNameOfADamagedTopicCanBeUsedAgainOnceItIsDeleted) {
  damage("/data/t-0");
  restart({found("t", 0)}, TopicId{first});
  create("t", first);
  apply(removal(first));
  create("t", second);
  EXPECT_EQ(produce(id_of(second)), 0);
}

TEST_F(PartitionTableTest, WhatTheCheckpointsSaidStaysTrueWhileALogIsOpened) {
  create("t", first);
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(produce(id_of(first)), i);
  }
  restart({found("t", 0, Offset{2})}, TopicId{first});
  rules_.log.flush_records = 1;  // so that what was left is synced before the log is shown
  sim.disk().faults().sync_delay_max = std::chrono::milliseconds(100);
  apply(topic("t", first));
  const PartitionId id = id_of(first);
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(start_of(id), Offset{2}) << "a checkpoint written now would bring deleted records back";
    sim.run_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(produce(id), 3);
}

TEST_F(PartitionTableTest, AStraysOffsetsAreForgottenBeforeItsNameIsUsedAgain) {
  create("t", first);
  EXPECT_EQ(produce(id_of(first)), 0);
  restart({found("t", 0, Offset{1})}, TopicId{second});
  const PartitionId id = id_of(second);
  bool is_forgotten = false;
  run(router_.on_owner(id, [&is_forgotten](PartitionTable& table) { return forget_by(table, is_forgotten); }));
  apply(topic("t", second));
  while (!is_forgotten) {
    ASSERT_EQ(run(files().list("/data"))->size(), 1) << "the name is not given up before";
    sim.run_for(std::chrono::milliseconds(1));
  }
  settle();
  EXPECT_EQ(produce(id), 0);
}

TEST_F(PartitionTableTest, ADeletedTopicsDirectoryGoesOnceTheDiskLetsIt) {
  create("t", first);
  EXPECT_EQ(produce(id_of(first)), 0);
  sim.disk().faults().io_error_one_in = 1;
  apply(removal(first));
  settle();
  sim.disk().faults() = {};
  EXPECT_TRUE(exists("/data/t-0"));
  sim.run_for(std::chrono::seconds(2));
  EXPECT_FALSE(exists("/data/t-0"));
  create("t", second);
  EXPECT_EQ(produce(id_of(second)), 0);
}

TEST_F(PartitionTableTest, WhatIsHalfMadeOnADiskThatFailsGoesWithItsTopic) {
  constexpr int32_t partitions = 40;
  sim.disk().faults().io_error_one_in = 4;
  create("t", first, partitions);
  sim.disk().faults() = {};
  int32_t offline = 0;
  for (int32_t i = 0; i < partitions; ++i) {
    offline += produce(id_of(first, i)) == std::unexpected(Errc::Io) ? 1 : 0;
  }
  EXPECT_GT(offline, 0);
  apply(removal(first));
  settle();
  sim.run_for(std::chrono::seconds(2));
  for (int32_t i = 0; i < partitions; ++i) {
    EXPECT_FALSE(exists("/data/t-" + std::to_string(i))) << i;
  }
}

TEST_F(PartitionTableTest, WhoIsDeletedWhileItWaitsForItsNameWaitsNoMore) {
  ASSERT_TRUE(run(files().create_directories("/data/t-0")).has_value());  // another shard's, say
  apply(topic("t", first, 1));
  sim.run_for(std::chrono::milliseconds(500));
  apply(removal(first));
  const auto asked = sim.now();
  settle();
  EXPECT_LT(sim.now() - asked, std::chrono::milliseconds(500));
  EXPECT_EQ(produce(id_of(first)), std::unexpected(Errc::UnknownTopicOrPartition));
  EXPECT_TRUE(exists("/data/t-0")) << "it was never ours";
}

TEST_F(PartitionTableTest, APartitionThatWaitsForRoomMakesNobodyWait) {
  sim.disk().faults().capacity_bytes = 0;
  create("t", first);
  const auto asked = sim.now();
  EXPECT_EQ(produce(id_of(first)), std::unexpected(Errc::NoSpace));
  EXPECT_LT(sim.now() - asked, std::chrono::milliseconds(100));
  sim.disk().faults() = {};
  sim.run_for(std::chrono::seconds(2));
  EXPECT_EQ(produce(id_of(first)), 0);
}

TEST_F(PartitionTableTest, ClosingSaysHowFarEveryLogGoes) {
  create("t", first, 3);
  EXPECT_EQ(produce(id_of(first, 1)), 0);
  EXPECT_EQ(produce(id_of(first, 1)), 1);
  storage::OffsetCheckpoint points;
  for (auto& closed : close()) {
    EXPECT_TRUE(closed.is_clean);
    points.merge(closed.offsets.at(0).recovery_points);
  }
  EXPECT_EQ(points.size(), 3);
  EXPECT_EQ((points[{"t", PartitionIndex{1}}]), Offset{2});
  EXPECT_EQ((points[{"t", PartitionIndex{0}}]), Offset{0});
}

TEST_F(PartitionTableTest, FlushMessagesFlushesBeforeItPromises) {
  rules_.log.flush_records = 1;
  create("t", first);
  EXPECT_EQ(produce(id_of(first)), 0) << "and it was committed";
}

TEST_F(PartitionTableTest, OptionsThatChangeWhileALogIsOpenedCount) {
  apply(topic("t", first));
  const PartitionId id = id_of(first);
  sim.run_until([&] { return router_.table(router_.owner(id)).find(id) != nullptr; });
  rules_.log.retention_ms = 1234;
  apply({metadata::config_record(2, "t", "retention.ms", "1234")});
  settle();
  EXPECT_EQ(router_.table(router_.owner(id)).find(id)->log()->options().retention_ms, 1234);
}

TEST_F(PartitionTableTest, AClosedTableStillKnowsItsOffsetsForTheCheckpointsOfOthers) {
  create("t", first);
  EXPECT_EQ(produce(id_of(first)), 0);
  EXPECT_EQ(produce(id_of(first)), 1);
  const auto moved = run(router_.on_owner(
      id_of(first), [](PartitionTable& table) { return table.find(id_of(first))->delete_records(Offset{1}); }));
  ASSERT_TRUE(moved.has_value());
  close();
  EXPECT_EQ(start_of(id_of(first)), Offset{1});
}

}  // namespace
}  // namespace odradek::replication
