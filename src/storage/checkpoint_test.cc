#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/epoch_cache.h"
#include "storage/log_files.h"
#include "storage/meta_properties.h"
#include "storage/offset_checkpoint.h"
#include "storage/testdata/kafka_files.h"

namespace odradek::storage {
namespace {

using ::testing::ElementsAre;

std::string text_of(std::string_view hex) { return std::string(as_text(testdata::from_hex(hex))); }

EpochStart entry(int32_t epoch, int64_t start) { return {LeaderEpoch{epoch}, Offset{start}}; }

TEST(OffsetCheckpoint, ReadsKafkasFileAndItsOwn) {
  const auto offsets = parse_offset_checkpoint(text_of(testdata::recovery_point_offset_checkpoint));
  ASSERT_TRUE(offsets.has_value());
  EXPECT_EQ(offsets->size(), 4U);
  EXPECT_EQ(offsets->at({"a.b-c_d", PartitionIndex{18}}), Offset{90'330'229});
  EXPECT_EQ(parse_offset_checkpoint(offset_checkpoint_text(*offsets)).value(), *offsets);
}

TEST(OffsetCheckpoint, RefusesWhatItDoesNotUnderstand) {
  EXPECT_TRUE(parse_offset_checkpoint("")->empty());
  EXPECT_TRUE(parse_offset_checkpoint("0\n0\n")->empty());
  for (const char* text :
       {"1\n0\n", "0\n2\na 0 1\n", "0\n1\na 0\n", "0\n1\na x 1\n", "0\n1\na 0 1x\n", "0\n", "junk"}) {
    EXPECT_EQ(parse_offset_checkpoint(text).error().code, Errc::CorruptMessage) << text;
  }
}

TEST(EpochCache, ReadsAndWritesKafkasText) {
  const std::string text = text_of(testdata::leader_epoch_checkpoint);
  const auto cache = EpochCache::parse(text);
  ASSERT_TRUE(cache.has_value());
  EXPECT_THAT(cache->entries(), ElementsAre(entry(0, 0), entry(2, 3185), entry(4, 12078), entry(5, 12200)));
  EXPECT_EQ(cache->text(), text);
  EXPECT_FALSE(EpochCache::parse("0\n2\n3 5\n2 9\n").has_value());
}

TEST(EpochCache, AnswersWhereAnEpochEnds) {
  EpochCache cache;
  cache.assign(LeaderEpoch{2}, Offset{10});
  cache.assign(LeaderEpoch{5}, Offset{20});
  EXPECT_EQ(cache.end_of(LeaderEpoch{5}, Offset{30}), (EpochEnd{LeaderEpoch{5}, Offset{30}}));
  EXPECT_EQ(cache.end_of(LeaderEpoch{3}, Offset{30}), (EpochEnd{LeaderEpoch{2}, Offset{20}}));
  EXPECT_EQ(cache.end_of(LeaderEpoch{1}, Offset{30}), (EpochEnd{LeaderEpoch{1}, Offset{10}}));
  EXPECT_EQ(cache.end_of(LeaderEpoch{6}, Offset{30}), EpochEnd{});
  EXPECT_EQ(cache.epoch_at(Offset{19}), LeaderEpoch{2});
  EXPECT_EQ(cache.epoch_at(Offset{9}), no_leader_epoch);
}

TEST(EpochCache, AnEpochWithoutRecordsGivesWay) {
  EpochCache cache;
  EXPECT_TRUE(cache.assign(LeaderEpoch{1}, Offset{0}));
  EXPECT_TRUE(cache.assign(LeaderEpoch{2}, Offset{0}));
  EXPECT_FALSE(cache.assign(LeaderEpoch{2}, Offset{9}));
  EXPECT_THAT(cache.entries(), ElementsAre(entry(2, 0)));
}

TEST(EpochCache, IsCutAtBothEnds) {
  EpochCache cache;
  for (int i = 0; i < 4; ++i) {
    cache.assign(LeaderEpoch{i}, Offset{int64_t{i} * 10});
  }
  EXPECT_TRUE(cache.truncate_from_end(Offset{30}));
  EXPECT_TRUE(cache.truncate_from_start(Offset{15}));
  EXPECT_THAT(cache.entries(), ElementsAre(entry(1, 15), entry(2, 20)));
  EXPECT_TRUE(cache.truncate_from_start(Offset{20}));
  EXPECT_FALSE(cache.truncate_from_start(Offset{20}));
  EXPECT_THAT(cache.entries(), ElementsAre(entry(2, 20)));
}

TEST(MetaProperties, ReadsBothVersions) {
  const auto now = MetaProperties::parse(text_of(testdata::meta_properties_v1));
  ASSERT_TRUE(now.has_value()) << now.error().message;
  EXPECT_EQ(now->node_id, NodeId{894});
  EXPECT_EQ(now->cluster_id, "oIOWtX6WG9mhkWVHfGy-Tw");
  EXPECT_EQ(now->directory_id->uuid().text(), "Ojl-hctje6VB99WSKBBrXQ");
  EXPECT_EQ(MetaProperties::parse(now->text()).value(), *now);
  const auto old = MetaProperties::parse(text_of(testdata::meta_properties_v0));
  ASSERT_TRUE(old.has_value());
  EXPECT_EQ(old->version, 0);
  EXPECT_EQ(old->node_id, NodeId{427});
  EXPECT_EQ(MetaProperties::parse("").error().code, Errc::InvalidConfig);
  EXPECT_EQ(MetaProperties::parse(std::string(40, '\0')).error().code, Errc::InvalidConfig) << "zeros of a power cut";
  EXPECT_EQ(MetaProperties::parse("version=7\n").error().code, Errc::InvalidConfig);
  EXPECT_EQ(MetaProperties::parse("version=1\nnode.id=1\n").error().code, Errc::InvalidConfig);
  EXPECT_EQ(MetaProperties::parse("version=1\ncluster.id=x\nnode.id=x\n").error().code, Errc::InvalidConfig);
}

TEST(LogFiles, NamesGoThereAndBack) {
  EXPECT_EQ(file_name(Offset{42}, log_suffix), "00000000000000000042.log");
  EXPECT_EQ(offset_of("00000000000000000042.log", log_suffix), Offset{42});
  EXPECT_EQ(offset_of("00000000000000000042.log.deleted", log_suffix), std::nullopt);
  EXPECT_EQ(offset_of("99999999999999999999.log", log_suffix), std::nullopt);
  EXPECT_EQ(offset_of("0000000000000000-042.log", log_suffix), std::nullopt);
  EXPECT_EQ(offset_of("09223372036854775807.log", log_suffix), std::nullopt);
  EXPECT_EQ(parse_directory_name("a-b-7"), (TopicPartition{"a-b", PartitionIndex{7}}));
  for (const char* name : {"a", "a-", "-7", "a-x", "a--x", "a-99999999999", "a-0.0123-delete"}) {
    EXPECT_EQ(parse_directory_name(name), std::nullopt) << name;
  }
  const TopicPartition long_one{std::string(249, 't'), PartitionIndex{12}};
  const std::string retired = retired_name(long_one, Uuid{1, 2}, deleted_directory);
  EXPECT_EQ(retired.size(), 255U);
  EXPECT_TRUE(is_retired_name(retired, deleted_directory));
  EXPECT_TRUE(is_retired_name("doomed-0.624530f54ffe4ea7804030a2ec44e56c-delete", deleted_directory));
  EXPECT_FALSE(is_retired_name("doomed-delete", deleted_directory));
}

TEST(LogFiles, PartitionMetadataIsKafkas) {
  const std::string text = text_of(testdata::partition_metadata);
  const auto topic = parse_partition_metadata(text);
  ASSERT_TRUE(topic.has_value());
  EXPECT_EQ(partition_metadata_text(*topic), text);
  EXPECT_FALSE(parse_partition_metadata("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA").has_value());
  EXPECT_FALSE(parse_partition_metadata("version: -1\ntopic_id: EqZUe95sJQHBsVL_XZD72Q").has_value());
  EXPECT_FALSE(parse_partition_metadata("").has_value());
}

TEST(LogFiles, TheCleanMarkerIsKafkas) {
  const std::string text = text_of(testdata::clean_shutdown);
  EXPECT_EQ(parse_clean_shutdown(text), BrokerEpoch{72201});
  EXPECT_EQ(clean_shutdown_text(BrokerEpoch{72201}), text);
  EXPECT_EQ(parse_clean_shutdown(""), std::nullopt);
}

}  // namespace
}  // namespace odradek::storage
