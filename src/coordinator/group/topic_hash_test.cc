#include "coordinator/group/topic_hash.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "protocol/vector_fixture.h"

namespace odradek::coordinator {

namespace {

namespace json = boost::json;

int64_t hash_topic(const json::object& vector) {
  std::vector<PartitionRacks> partitions;
  for (const json::value& partition : vector.at("partitions").as_array()) {
    PartitionRacks racks;
    for (const json::value& rack : partition.at("replicaRacks").as_array()) {
      if (rack.is_string()) {
        racks.push_back(rack.as_string());
      }
    }
    partitions.push_back(racks);
  }
  const Result<Uuid> id = Uuid::parse(std::string_view(vector.at("topicId").as_string()));
  EXPECT_TRUE(id.has_value());
  return topic_hash(TopicId(*id), std::string_view(vector.at("name").as_string()), partitions);
}

int64_t hash_group(const json::object& vector) {
  std::map<std::string_view, int64_t> hashes;
  for (const auto& [topic, hash] : vector.at("topicHashes").as_object()) {
    hashes.emplace(topic, hash.to_number<int64_t>());
  }
  return group_hash(hashes);
}

}  // namespace

TEST(TopicHash, IsKafkas) {
  const auto file = std::filesystem::path(__FILE__).parent_path() / "testdata" / "group_hashes.jsonl.gz";
  size_t topics = 0;
  size_t groups = 0;
  protocol::for_each_vector(file, [&](const json::object& vector) {
    const std::string_view kind = vector.at("kind").as_string();
    if (kind == "topic-hash") {
      ++topics;
      EXPECT_EQ(hash_topic(vector), vector.at("hash").to_number<int64_t>()) << vector.at("name").as_string();
    } else if (kind == "group-hash") {
      ++groups;
      EXPECT_EQ(hash_group(vector), vector.at("hash").to_number<int64_t>());
    }
  });
  EXPECT_GT(topics, 5U);
  EXPECT_GT(groups, 5U);
}

TEST(TopicHash, ChangesWithPartitionsAndRacksAndNotWithTheOrderOfReplicas) {
  const TopicId id(Uuid{1, 2});
  const int64_t base = topic_hash(id, "t", {{"a", "b"}});
  EXPECT_EQ(base, topic_hash(id, "t", {{"b", "a"}}));
  EXPECT_NE(base, topic_hash(id, "t", {{"a", "b"}, {"a", "b"}}));
  EXPECT_NE(base, topic_hash(id, "t", {{"a", "c"}}));
  EXPECT_NE(base, topic_hash(TopicId(Uuid{1, 3}), "t", {{"a", "b"}}));
}

}  // namespace odradek::coordinator
