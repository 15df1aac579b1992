// quorum-state, snapshot files and what the formatter makes.
#include <gtest/gtest.h>

#include "controller/local_controller_fixture.h"
#include "controller/metadata_snapshot.h"
#include "controller/quorum_state.h"
#include "record/batch_reader.h"

namespace odradek::controller {
namespace {

TEST(QuorumState, ReadsAndWritesBothFormats) {
  const std::string text =
      R"({"leaderId":1,"leaderEpoch":2,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1})";
  const auto state = QuorumState::parse(text);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->epoch, LeaderEpoch(2));
  EXPECT_EQ(state->text(), text);
  const std::string old = R"({"clusterId":"","leaderId":3,"leaderEpoch":7,"votedId":-1,"appliedOffset":0,)"
                          R"("currentVoters":[{"voterId":3},{"voterId":4}],"data_version":0})";
  const auto old_state = QuorumState::parse(old);
  ASSERT_TRUE(old_state.has_value());
  EXPECT_EQ(old_state->voters, (std::vector<NodeId>{NodeId(3), NodeId(4)}));
  EXPECT_EQ(old_state->text(), old);
}

TEST(QuorumState, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "[]", "{}", R"({"data_version":1,"leaderEpoch":"x"})", R"({"data_version":1,"leaderEpoch":99999999999})"}) {
    const auto state = QuorumState::parse(text);
    ASSERT_FALSE(state.has_value()) << text;
    EXPECT_EQ(state.error().code, Errc::CorruptMessage);
  }
  EXPECT_EQ(QuorumState::parse(R"({"data_version":2,"leaderEpoch":1})").error().code, Errc::UnsupportedVersion);
}

TEST(SnapshotId, IsItsFileName) {
  const SnapshotId id{.end = Offset(139), .epoch = LeaderEpoch(1)};
  EXPECT_EQ(id.file_name(), "00000000000000000139-0000000001.checkpoint");
  EXPECT_EQ(SnapshotId::parse(id.file_name()), id);
  for (const std::string_view name : {"bootstrap.checkpoint", "00000000000000000139-0000000001.checkpoint.part",
                                      "0000000000000000013x-0000000001.checkpoint",
                                      "00000000000000000139--000000000.checkpoint", "leader-epoch-checkpoint"}) {
    EXPECT_FALSE(SnapshotId::parse(name).has_value()) << name;
  }
}

TEST(MetadataSnapshot, ReadsWhatItWroteAndNothingLess) {
  MetadataSnapshot snapshot;
  snapshot.last_contained_timestamp = 77;
  snapshot.quorum = {.kraft_version = 1, .voters = {{.id = NodeId(1), .directory = test_directory, .endpoints = {}}}};
  snapshot.records = {{1, 2, 3}, {4}};
  const Bytes bytes = snapshot.encode(LeaderEpoch(5), 1000);
  const auto read = MetadataSnapshot::decode(bytes);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->last_contained_timestamp, 77);
  EXPECT_EQ(read->quorum, snapshot.quorum);
  EXPECT_EQ(read->records, snapshot.records);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(MetadataSnapshot::decode(ByteView(bytes).first(size)).has_value()) << size;
  }
  Bytes damaged = bytes;
  damaged[damaged.size() - 5] ^= 1;
  EXPECT_FALSE(MetadataSnapshot::decode(damaged).has_value());
}

// Runs with ODRADEK_TEST_SHARDS shards.
class Formatted : public runtime::SimTest {
 protected:
  Bytes file(const std::string& path) {
    const auto bytes = run(files().read_file(path));
    EXPECT_TRUE(bytes.has_value()) << path;
    return bytes.value_or(Bytes{});
  }
};

TEST_F(Formatted, HasWhatKafkasFormatMakes) {
  ASSERT_TRUE(run(format_node()).has_value());
  disk().crash_to_synced();  // all of it was synced
  const auto entries = run(files().list(test_path));
  ASSERT_TRUE(entries.has_value());
  ASSERT_EQ(entries->size(), 4U) << "with a checkpoint of no partitions, which Kafka writes when it runs";
  EXPECT_EQ((*entries)[0].name, "__cluster_metadata-0");
  const Bytes bootstrap = file(test_path + "/bootstrap.checkpoint");
  EXPECT_EQ(bootstrap.size(), 411U) << "as Kafka's of the same levels";
  const auto records = MetadataSnapshot::decode(bootstrap);
  ASSERT_TRUE(records.has_value());
  EXPECT_EQ(records->records.size(), 6U);
  EXPECT_EQ(records->last_contained_timestamp, 0);
  const Bytes first = file(test_metadata_path + "/00000000000000000000-0000000000.checkpoint");
  EXPECT_EQ(first.size(), 241U) << "as Kafka's of the same endpoint";
  const auto voters = MetadataSnapshot::decode(first);
  ASSERT_TRUE(voters.has_value());
  EXPECT_EQ(voters->quorum.kraft_version, 1);
  ASSERT_EQ(voters->quorum.voters.size(), 1U);
  EXPECT_EQ(voters->quorum.voters[0].directory, test_directory);
  const Bytes properties = file(test_path + "/meta.properties");
  EXPECT_NE(as_text(properties).find("cluster.id=MkU3OEVBNTcwNTJENDM2Qk"), std::string_view::npos);
}

TEST_F(Formatted, OtherVotersReplicasAndLevelsAreRefusedWithOneSentence) {
  MetadataInspection inspection;
  inspection.quorum = {.kraft_version = 1, .voters = {{.id = NodeId(1)}, {.id = NodeId(2)}}};
  inspection.image = std::make_shared<const metadata::MetadataImage>();
  const auto refused = [&](std::string_view part) {
    const Result<> checked = check_metadata(inspection, NodeId(1));
    return !checked && checked.error().message.find(part) != std::string::npos;
  };
  EXPECT_TRUE(refused("the nodes [1, 2]"));
  inspection.quorum.voters.pop_back();
  EXPECT_TRUE(check_metadata(inspection, NodeId(1)).has_value());
  EXPECT_FALSE(check_metadata(inspection, NodeId(3)).has_value());

  const auto with = [&](const std::vector<metadata::MetadataRecord>& records) {
    metadata::MetadataDelta delta(std::make_shared<const metadata::MetadataImage>());
    for (const auto& record : records) {
      EXPECT_TRUE(delta.replay(record).has_value());
    }
    inspection.image = std::move(delta).finish({}).image;
  };
  protocol::FeatureLevelRecord level;
  level.name = "metadata.version";
  level.feature_level = 31;
  with({level});
  EXPECT_TRUE(refused("metadata.version at level 31"));
  level.name = "tomorrow.version";
  with({level});
  EXPECT_TRUE(refused("tomorrow.version"));
  protocol::TopicRecord topic;
  topic.name = "t";
  topic.topic_id = Uuid(1, 1);
  protocol::PartitionRecord partition;
  partition.topic_id = Uuid(1, 1);
  partition.partition_id = 0;
  partition.replicas = {1, 2};
  with({topic, partition});
  EXPECT_TRUE(refused("t-0 has replicas on the nodes [1, 2]"));
}

TEST_F(Formatted, ADirectoryOfAnotherNodeOrClusterIsRefused) {
  const storage::MetaProperties properties{
      .version = 1, .cluster_id = "c", .node_id = NodeId(2), .directory_id = test_directory};
  EXPECT_FALSE(check_properties(properties, "/data", NodeId(1), "").has_value());
  EXPECT_FALSE(check_properties(properties, "/data", NodeId(2), "d").has_value());
  EXPECT_TRUE(check_properties(properties, "/data", NodeId(2), "c").has_value());
}

}  // namespace
}  // namespace odradek::controller
