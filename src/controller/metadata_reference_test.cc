// Metadata logs that Apache Kafka wrote, when ODRADEK_REFERENCE names the folder that has them.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "controller/local_controller_fixture.h"
#include "controller/metadata_inspection.h"
#include "metadata/image_records.h"

namespace odradek::controller {
namespace {

std::string output_of(const std::string& command) {
  std::string out;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::array<char, 65536> buffer{};
  for (size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe.get())) > 0;) {
    out.append(buffer.data(), got);
  }
  return out;
}

// Runs with ODRADEK_TEST_SHARDS shards.
class MetadataReference : public runtime::SimTest {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("ODRADEK_REFERENCE");
    if (folder == nullptr || !std::filesystem::exists(std::string(folder) + "/vectors/live")) {
      GTEST_SKIP() << "ODRADEK_REFERENCE does not name a folder with vectors/live";
    }
    live = std::string(folder) + "/vectors/live/";
  }

  // Puts the metadata directory of an archive on the simulated disk.
  void unpack(const std::string& name) {
    const std::string archive = live + name + ".tar.gz";
    std::istringstream list(output_of("tar -tzf '" + archive + "' | grep '__cluster_metadata-0/.'"));
    std::string path;
    while (std::getline(list, path)) {
      const std::string contents = output_of("tar -xzOf '" + archive + "' '" + path + "'");
      const std::string file = path.substr(path.rfind('/') + 1);
      if (!file.ends_with("index")) {  // preallocated to 10 MiB; the log makes its own
        ASSERT_TRUE(run(store(file, Bytes(contents.begin(), contents.end()))).has_value());
      }
    }
  }

  static runtime::Async<> store(std::string file, Bytes contents) {
    CO_TRY(co_await runtime::Shard::current().files().create_directories(test_metadata_path));
    co_return co_await runtime::Shard::current().files().replace_file(test_metadata_path + "/" + file,
                                                                      std::move(contents));
  }

  std::vector<boost::json::object> expected(const std::string& name) {
    std::vector<boost::json::object> result;
    std::istringstream lines(output_of("gzip -dc '" + live + name + "-expected.jsonl.gz'"));
    std::string line;
    while (std::getline(lines, line)) {
      result.push_back(boost::json::parse(line).as_object());
    }
    return result;
  }

  void compare(const metadata::MetadataImage& image, const std::string& name) {
    int topics = 0;
    for (const boost::json::object& line : expected(name)) {
      if (line.at("kind") != "topic") {
        continue;
      }
      ++topics;
      const std::string topic_name(line.at("name").as_string().c_str());
      const metadata::TopicImage* topic = image.topic(topic_name);
      ASSERT_NE(topic, nullptr) << topic_name;
      EXPECT_EQ(topic->id.uuid().text(), line.at("topicId").as_string().c_str());
      EXPECT_EQ(topic->partition_count(), line.at("partitions").as_int64());
      metadata::ConfigMap configs;
      for (const auto& [option, value] : line.at("configs").as_object()) {
        configs[std::string(option)] = value.as_string().c_str();
      }
      EXPECT_EQ(image.configs(metadata::ConfigResourceType::Topic, topic_name), configs) << topic_name;
    }
    EXPECT_GT(topics, 5);
    EXPECT_EQ(image.topic("doomed"), nullptr) << "was deleted";
    EXPECT_EQ(image.features(), (std::map<std::string, int16_t, std::less<>>(default_feature_levels().begin(),
                                                                             default_feature_levels().end())));
    EXPECT_EQ(image.kept_records().size(), 6U) << "two ACLs, two quotas, two SCRAM users";
  }

  std::string live;
};

TEST_F(MetadataReference, AStoppedKafkasLogReplaysToWhatItsClientsSaw) {
  unpack("stopped");
  const auto inspection = run(inspect_metadata(test_metadata_path));
  ASSERT_TRUE(inspection.has_value()) << inspection.error().message;
  compare(*inspection->image, "stopped");
  EXPECT_EQ(inspection->quorum.kraft_version, 1);
  ASSERT_EQ(inspection->quorum.voters.size(), 1U);
  EXPECT_EQ(inspection->quorum.voters[0].endpoints[0].port, 9293);
  EXPECT_EQ(inspection->quorum_state->epoch, LeaderEpoch(1));
  EXPECT_EQ(inspection->snapshots.size(), 3U);
  EXPECT_TRUE(check_metadata(*inspection, NodeId(1)).has_value());
  EXPECT_FALSE(check_metadata(*inspection, NodeId(2)).has_value());
  EXPECT_EQ(inspection->image->next_producer_id(), ProducerId(1000));
}

TEST_F(MetadataReference, AKilledKafkasLogReplaysTooAndItsSnapshotAgreesWithIt) {
  unpack("killed");
  const auto inspection = run(inspect_metadata(test_metadata_path));
  ASSERT_TRUE(inspection.has_value()) << inspection.error().message;
  compare(*inspection->image, "killed");
  EXPECT_EQ(inspection->image->topic("plain")->partition(PartitionIndex(0))->leader_epoch, LeaderEpoch(2));
  // The same without the snapshots: the whole log from its beginning.
  const auto forget = []() -> runtime::Async<> {
    for (const char* file : {"00000000000000000079-0000000001", "00000000000000000139-0000000001"}) {
      CO_TRY(co_await runtime::Shard::current().files().remove(test_metadata_path + "/" + file + ".checkpoint"));
    }
    co_return Result<>{};
  };
  ASSERT_TRUE(run(forget()).has_value());
  const auto whole = run(inspect_metadata(test_metadata_path));
  ASSERT_TRUE(whole.has_value());
  std::vector<Bytes> a;
  std::vector<Bytes> b;
  metadata::write_image(*inspection->image, [&](Bytes record) { a.push_back(std::move(record)); });
  metadata::write_image(*whole->image, [&](Bytes record) { b.push_back(std::move(record)); });
  std::ranges::sort(a);
  std::ranges::sort(b);
  EXPECT_EQ(a, b);
}

TEST_F(MetadataReference, GoesOnFromWhereAKilledKafkaStood) {
  unpack("killed");
  auto running = run(start_node(sim, {}));
  ASSERT_TRUE(running.has_value()) << running.error().message;
  compare((*running)->image(), "killed");
  EXPECT_EQ((*running)->log->leading(), LeaderEpoch(3));
  const auto& partition = *(*running)->image().topic("plain")->partition(PartitionIndex(0));
  EXPECT_EQ(partition.leader, NodeId(1));
  EXPECT_EQ(partition.leader_epoch, LeaderEpoch(3));
  ASSERT_TRUE(run(stop_node(**running)).has_value());
}

}  // namespace
}  // namespace odradek::controller
