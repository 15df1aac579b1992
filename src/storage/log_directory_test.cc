// Run with ODRADEK_TEST_SHARDS shards.
#include "storage/log_directory.h"

#include "storage/log_fixture.h"

namespace odradek::storage {
namespace {

class LogDirectoryTest : public runtime::SimTest {
 protected:
  std::unique_ptr<LogDirectory> open() {
    auto opened = run(LogDirectory::open("/logs"));
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    return *std::move(opened);
  }
  void write(const std::string& path, std::string_view text) {
    const ByteView view = as_bytes(text);
    ASSERT_TRUE(run(files().replace_file(path, Bytes(view.begin(), view.end()))).has_value());
  }
};

TEST_F(LogDirectoryTest, OnlyOneMayHoldIt) {
  const auto first = open();
  EXPECT_EQ(run(LogDirectory::open("/logs")).error().code, Errc::Locked);
}

TEST_F(LogDirectoryTest, OutlivesAPowerCutOnceOpened) {
  ASSERT_TRUE(run(LogDirectory::open("/disk/below/logs")).has_value());
  disk().crash_to_synced();
  EXPECT_TRUE(*run(files().exists("/disk/below/logs")));
}

TEST_F(LogDirectoryTest, OutlivesAPowerCutThoughWhoeverMadeItWasKilled) {
  ASSERT_TRUE(run(files().create_directories("/disk/below/logs")).has_value());  // and never synced
  ASSERT_TRUE(run(LogDirectory::open("/disk/below/logs")).has_value());
  disk().crash_to_synced();
  EXPECT_TRUE(*run(files().exists("/disk/below/logs")));
}

TEST_F(LogDirectoryTest, RemembersWhoseItIs) {
  const MetaProperties properties{.version = 1,
                                  .cluster_id = "oIOWtX6WG9mhkWVHfGy-Tw",
                                  .node_id = NodeId{3},
                                  .directory_id = DirectoryId{Uuid{1, 2}}};
  {
    const auto directory = open();
    EXPECT_FALSE(directory->properties().has_value());
    ASSERT_TRUE(run(directory->store_properties(properties)).has_value());
  }
  EXPECT_EQ(open()->properties(), properties);
}

TEST_F(LogDirectoryTest, RefusesEmptyPropertiesAndNamesTheFile) {
  open();
  write("/logs/meta.properties", "");
  const auto refused = run(LogDirectory::open("/logs"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::InvalidConfig);
  EXPECT_NE(refused.error().message.find("/logs/meta.properties cannot be used"), std::string::npos);
}

TEST_F(LogDirectoryTest, TakesInventoryOnce) {
  {
    const auto directory = open();
    for (const char* name : {"a-0", "b-1", "__cluster_metadata-0", "x-0.624530f54ffe4ea7804030a2ec44e56c-delete",
                             "y-0.624530f54ffe4ea7804030a2ec44e56c-stray", "remote-log-index-cache"}) {
      ASSERT_TRUE(run(files().create_directories(std::string("/logs/") + name)).has_value());
    }
    const TopicPartition a{"a", PartitionIndex{0}};
    ASSERT_TRUE(run(directory->store_recovery_points({{a, Offset{10}}})).has_value());
    ASSERT_TRUE(run(directory->store_start_offsets({{a, Offset{3}}})).has_value());
    ASSERT_TRUE(run(directory->store_high_watermarks({{a, Offset{9}}})).has_value());
    ASSERT_TRUE(run(directory->mark_clean(BrokerEpoch{7})).has_value());
  }
  {
    const auto directory = open();
    const auto inventory = run(directory->take_inventory());
    ASSERT_TRUE(inventory.has_value()) << inventory.error().message;
    EXPECT_TRUE(directory->was_clean());
    EXPECT_EQ(directory->previous_broker_epoch(), BrokerEpoch{7});
    ASSERT_EQ(inventory->partitions.size(), 2U);
    const FoundPartition& first = inventory->partitions.front();
    EXPECT_EQ(first.place.directory, "/logs/a-0");
    EXPECT_EQ(first.place.recovery_point, Offset{10});
    EXPECT_EQ(first.place.start_offset, Offset{3});
    EXPECT_TRUE(first.place.was_clean);
    EXPECT_EQ(first.high_watermark, Offset{9});
    EXPECT_TRUE(inventory->has_metadata_log);
    EXPECT_EQ(inventory->to_remove.size(), 1U);
    EXPECT_EQ(inventory->strays.size(), 1U);
  }
  const auto directory = open();
  ASSERT_TRUE(run(directory->take_inventory()).has_value());
  EXPECT_FALSE(directory->was_clean());
}

TEST_F(LogDirectoryTest, AForeignDirectoryIsNamedAndNothingChanges) {
  ASSERT_TRUE(run(open()->mark_clean(BrokerEpoch{7})).has_value());
  ASSERT_TRUE(run(files().create_directories("/logs/lost+found")).has_value());
  const auto refused = run(LogDirectory::open("/logs"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("lost+found"), std::string::npos);
  EXPECT_TRUE(run(files().exists("/logs/.kafka_cleanshutdown")).value());
}

TEST_F(LogDirectoryTest, DamagedHintsOnlyResetThem) {
  const auto directory = open();
  ASSERT_TRUE(run(files().create_directories("/logs/a-0")).has_value());
  write("/logs/recovery-point-offset-checkpoint", "nonsense");
  write("/logs/log-start-offset-checkpoint", "0\n5\n");
  const auto inventory = run(directory->take_inventory());
  ASSERT_TRUE(inventory.has_value());
  EXPECT_EQ(inventory->partitions.front().place.recovery_point, Offset{0});
  EXPECT_FALSE(inventory->partitions.front().place.has_recovery_point);
  write("/logs/recovery-point-offset-checkpoint", "0\n0\n");
  write("/logs/replication-offset-checkpoint", "nonsense");
  const auto again = run(directory->take_inventory());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->partitions.front().high_watermark, Offset{0});
  EXPECT_TRUE(again->partitions.front().place.has_recovery_point);
}

TEST_F(LogDirectoryTest, OffsetsOfPartitionsThatAreNotThereAreNoticed) {
  const auto directory = open();
  ASSERT_TRUE(run(files().create_directories("/logs/a-0")).has_value());
  write("/logs/log-start-offset-checkpoint", "0\n1\na 0 5\n");
  write("/logs/recovery-point-offset-checkpoint", "0\n2\na 0 9\nb 0 0\n");
  EXPECT_FALSE(run(directory->take_inventory())->has_unknown_offsets) << "zero says nothing";
  write("/logs/log-start-offset-checkpoint", "0\n2\na 0 5\nb 0 3\n");
  EXPECT_TRUE(run(directory->take_inventory())->has_unknown_offsets);
}

}  // namespace
}  // namespace odradek::storage
