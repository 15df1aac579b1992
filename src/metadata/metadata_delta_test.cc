#include "metadata/metadata_delta.h"

#include <gtest/gtest.h>

#include <set>

#include "metadata/image_loader.h"
#include "metadata/image_records.h"
#include "metadata/metadata_fixture.h"

namespace odradek::metadata {
namespace {

const Uuid topic_a(1, 1);
const Uuid topic_b(2, 2);

ImageUpdate apply(const SharedImage& image, const std::vector<MetadataRecord>& records, int64_t offset = 0) {
  MetadataDelta delta(image);
  for (const MetadataRecord& record : records) {
    const Result<> replayed = delta.replay(record);
    EXPECT_TRUE(replayed.has_value()) << replayed.error().message;
  }
  return std::move(delta).finish({.offset = Offset(offset), .epoch = LeaderEpoch(1), .timestamp = 5});
}

SharedImage empty() { return std::make_shared<const MetadataImage>(); }

std::multiset<Bytes> records_of(const MetadataImage& image) {
  std::multiset<Bytes> records;
  write_image(image, [&](Bytes record) { records.insert(std::move(record)); });
  return records;
}

protocol::PartitionChangeRecord change(Uuid topic, int32_t index) {
  protocol::PartitionChangeRecord record;
  record.topic_id = topic;
  record.partition_id = index;
  return record;
}

TEST(MetadataDelta, TopicsAreFoundByNameAndById) {
  const auto update =
      apply(empty(), {topic_record("a", topic_a), partition_record(topic_a, 0), partition_record(topic_a, 1)});
  ASSERT_NE(update.image->topic("a"), nullptr);
  EXPECT_EQ(update.image->topic("a"), update.image->topic(TopicId(topic_a)));
  EXPECT_EQ(update.image->topic("a")->partition_count(), 2);
  EXPECT_EQ(update.image->topic("b"), nullptr);
  ASSERT_EQ(update.changes->topics.size(), 1U);
  EXPECT_TRUE(update.changes->topics[0].is_created);
  EXPECT_EQ(update.changes->topics[0].partitions.size(), 2U);
}

TEST(MetadataDelta, TheImageBeforeStaysAsItWas) {
  const auto first = apply(empty(), {topic_record("a", topic_a), partition_record(topic_a, 0)});
  auto moved = change(topic_a, 0);
  moved.leader = -1;
  const auto second = apply(first.image, {moved, topic_record("b", topic_b)});
  EXPECT_EQ(first.image->topic("a")->partition(PartitionIndex(0))->leader, NodeId(1));
  EXPECT_EQ(first.image->topic("b"), nullptr);
  EXPECT_EQ(second.image->topic("a")->partition(PartitionIndex(0))->leader, no_node);
  EXPECT_EQ(second.before, first.image);
}

TEST(MetadataDelta, NamingTheSameLeaderAgainStartsAnEpoch) {
  const auto first = apply(empty(), {topic_record("a", topic_a), partition_record(topic_a, 0)});
  auto again = change(topic_a, 0);
  again.leader = 1;
  const auto second = apply(first.image, {again, change(topic_a, 0)});
  const PartitionImage& partition = *second.image->topic("a")->partition(PartitionIndex(0));
  EXPECT_EQ(partition.leader_epoch, LeaderEpoch(1));
  EXPECT_EQ(partition.partition_epoch, PartitionEpoch(2)) << "every change counts";
  EXPECT_EQ(partition.directories, std::vector<DirectoryId>{DirectoryId(Uuid(7, 7))}) << "absent keeps";
}

TEST(MetadataDelta, EmptyDirectoriesMeanMigrating) {
  auto record = partition_record(topic_a, 0);
  record.directories.clear();
  const auto update = apply(empty(), {topic_record("a", topic_a), record});
  EXPECT_EQ(update.image->topic("a")->partition(PartitionIndex(0))->directory_of(NodeId(1)), directory_migrating);
}

TEST(MetadataDelta, ANameMayComeBackUnderAnotherIdInOneDelta) {
  const auto first = apply(
      empty(), {topic_record("a", topic_a), partition_record(topic_a, 0), config_record(2, "a", "retention.ms", "5")});
  protocol::RemoveTopicRecord remove;
  remove.topic_id = topic_a;
  const auto second = apply(first.image, {remove, topic_record("a", topic_b), partition_record(topic_b, 0)});
  EXPECT_EQ(second.image->topic("a")->id, TopicId(topic_b));
  EXPECT_EQ(second.image->topic(TopicId(topic_a)), nullptr);
  EXPECT_TRUE(second.image->configs(ConfigResourceType::Topic, "a").empty()) << "its configs go with a topic";
  ASSERT_EQ(second.changes->deleted_topics.size(), 1U);
  EXPECT_EQ(second.changes->deleted_topics[0].id, TopicId(topic_a));
  ASSERT_EQ(second.changes->topics.size(), 1U);
  EXPECT_EQ(second.changes->topics[0].id, TopicId(topic_b));
}

TEST(MetadataDelta, ANullValueTakesAConfigAway) {
  const auto first = apply(empty(), {config_record(4, "", "x", "1"), config_record(4, "", "y", "2")});
  const auto second = apply(first.image, {config_record(4, "", "x", std::nullopt)});
  EXPECT_EQ(second.image->configs(ConfigResourceType::Broker, ""), (ConfigMap{{"y", "2"}}));
  EXPECT_EQ(first.image->configs(ConfigResourceType::Broker, "").size(), 2U);
  EXPECT_EQ(second.changes->configs.size(), 1U);
}

TEST(MetadataDelta, KraftVersionIsNoFeatureOfTheRecords) {
  const auto update = apply(empty(), {feature_record("kraft.version", 1), feature_record("metadata.version", 30)});
  EXPECT_EQ(update.image->features().size(), 1U);
  EXPECT_EQ(apply(update.image, {feature_record("metadata.version", 0)}).image->metadata_version(), 0);
}

TEST(MetadataDelta, AChangeOfWhatIsNotThereIsCorrupt) {
  for (const MetadataRecord& record : std::vector<MetadataRecord>{change(topic_a, 0), partition_record(topic_a, 0)}) {
    MetadataDelta delta(empty());
    const Result<> replayed = delta.replay(record);
    ASSERT_FALSE(replayed.has_value());
    EXPECT_EQ(replayed.error().code, Errc::CorruptMessage);
  }
}

TEST(MetadataDelta, QuotasReplaceEachOtherByEntityAndKey) {
  protocol::ClientQuotaRecord quota;
  quota.entity.emplace_back().entity_type = "user";
  quota.entity[0].entity_name = protocol::Text("alice");
  quota.key = "producer_byte_rate";
  quota.value = 1;
  auto other = quota;
  other.entity[0].entity_name.reset();
  auto changed = quota;
  changed.value = 2;
  auto image = apply(empty(), {quota, other, changed}).image;
  EXPECT_EQ(image->kept_records().size(), 2U);
  changed.remove = true;
  image = apply(image, {changed}).image;
  EXPECT_EQ(image->kept_records().size(), 1U);
}

TEST(ImageRecords, AnImageReplaysFromItsOwnRecords) {
  std::vector<MetadataRecord> records = {feature_record("metadata.version", 30), feature_record("group.version", 1),
                                         topic_record("a", topic_a), config_record(2, "a", "retention.ms", "-1"),
                                         config_record(32, "g", "share.auto.offset.reset", "earliest")};
  for (int32_t index = 0; index < 100; ++index) {
    records.emplace_back(partition_record(topic_a, index));
  }
  protocol::RegisterBrokerRecord broker;
  broker.broker_id = 1;
  broker.broker_epoch = 9;
  broker.incarnation_id = Uuid(3, 4);
  auto& endpoint = broker.end_points.emplace_back();
  endpoint.name = "PLAINTEXT";
  endpoint.host = "localhost";
  endpoint.port = 9092;
  broker.rack = protocol::Text("r1");
  broker.log_dirs = {Uuid(7, 7)};
  broker.cordoned_log_dirs.emplace();
  records.emplace_back(broker);
  protocol::ProducerIdsRecord ids;
  ids.next_producer_id = 3000;
  records.emplace_back(ids);
  protocol::AccessControlEntryRecord acl;
  acl.id = Uuid(5, 6);
  acl.resource_name = "a";
  acl.principal = "User:x";
  acl.host = "*";
  records.emplace_back(acl);
  const SharedImage image = apply(empty(), records, 500).image;

  std::vector<Bytes> stored;
  write_image(*image, [&](Bytes record) { stored.push_back(std::move(record)); });
  ImageLoader loader;
  const std::vector<ByteView> views(stored.begin(), stored.end());
  const auto loaded = loader.load_snapshot({.offset = Offset(500)}, views);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_EQ(records_of(*loaded->image), records_of(*image));
  EXPECT_EQ(loaded->image->next_producer_id(), ProducerId(3000));
  EXPECT_EQ(*loaded->image->broker(NodeId(1)), *image->broker(NodeId(1)));
  EXPECT_EQ(loaded->image->topic("a")->partition_count(), 100);
}

TEST(ImageRecords, OldLevelsLeaveOutWhatTheyCannotHold) {
  auto partition = partition_record(topic_a, 0);
  partition.eligible_leader_replicas.emplace().push_back(1);
  const SharedImage image =
      apply(empty(), {feature_record("metadata.version", 7), topic_record("a", topic_a), partition}).image;
  ImageLoader loader;
  std::vector<Bytes> stored;
  write_image(*image, [&](Bytes record) { stored.push_back(std::move(record)); });
  const std::vector<ByteView> views(stored.begin(), stored.end());
  ASSERT_TRUE(loader.load_snapshot({}, views).has_value());
  EXPECT_EQ(loader.image()->topic("a")->partition(PartitionIndex(0))->directory_of(NodeId(1)), directory_migrating);
}

TEST(MetadataRecord, RefusesTrailingBytesAndOtherFrames) {
  Bytes stored = encode_record(topic_record("a", topic_a), 30);
  EXPECT_TRUE(decode_record(stored).has_value());
  Bytes longer = stored;
  longer.push_back(0);
  EXPECT_EQ(decode_record(longer).error().code, Errc::CorruptMessage);
  for (size_t size = 0; size < stored.size(); ++size) {
    EXPECT_FALSE(decode_record(ByteView(stored).first(size)).has_value()) << size;
  }
  stored[0] = 0;
  EXPECT_EQ(decode_record(stored).error().code, Errc::CorruptMessage);
  EXPECT_EQ(decode_record(Bytes{1, 99, 0}).error().code, Errc::UnsupportedVersion);
}

TEST(MetadataRecord, ARecordThatCannotBeWrittenAgainIsNotKept) {
  protocol::UserScramCredentialRecord record;
  record.name = protocol::Text("alice");
  Bytes stored = encode_record(record, 30);
  ASSERT_EQ(stored.back(), 0) << "no tags";
  stored.back() = 2;
  stored.insert(stored.end(), {9, 0, 9, 0});  // tag 9, empty, twice
  ASSERT_TRUE(decode_record(stored).has_value());
  ImageLoader loader;
  const auto loaded = loader.load(Offset(0), LeaderEpoch(1), 1, std::vector<ByteView>{stored});
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, Errc::CorruptMessage);
}

TEST(ImageLoader, ATransactionShowsAllAtOnceOrNothing) {
  const auto encode = [](const MetadataRecord& record) { return encode_record(record, 30); };
  const auto load = [](ImageLoader& loader, int64_t base, const std::vector<Bytes>& batch) {
    const std::vector<ByteView> views(batch.begin(), batch.end());
    return *loader.load(Offset(base), LeaderEpoch(1), 1, views);
  };
  ImageLoader loader;
  // What stands before the Begin is seen at once.
  auto update = load(loader, 0,
                     {encode(topic_record("a", topic_a)), encode(protocol::BeginTransactionRecord{}),
                      encode(topic_record("b", topic_b))});
  ASSERT_TRUE(update.has_value());
  EXPECT_NE(update->image->topic("a"), nullptr);
  EXPECT_EQ(update->image->topic("b"), nullptr);
  EXPECT_EQ(update->image->position().offset, Offset(0));
  EXPECT_FALSE(load(loader, 3, {encode(config_record(2, "b", "x", "1"))}).has_value());
  loader.skip(Offset(4), LeaderEpoch(2), 1);
  update = load(loader, 5, {encode(protocol::EndTransactionRecord{}), encode(config_record(2, "a", "x", "1"))});
  ASSERT_TRUE(update.has_value());
  EXPECT_NE(update->image->topic("b"), nullptr);
  EXPECT_EQ(update->image->configs(ConfigResourceType::Topic, "a").size(), 1U);
  EXPECT_EQ(update->image->position().offset, Offset(6));
  // An aborted one leaves nothing.
  protocol::RemoveTopicRecord remove;
  remove.topic_id = topic_a;
  load(loader, 7,
       {encode(protocol::BeginTransactionRecord{}), encode(remove), encode(protocol::AbortTransactionRecord{})});
  EXPECT_NE(loader.image()->topic("a"), nullptr);
}

TEST(ImageFeed, SubscribersMayLeaveDuringAPublication) {
  ImageFeed feed;
  int first = 0;
  int second = 0;
  ImageFeed::Subscription other;
  auto subscription = feed.subscribe([&](const ImageUpdate&) {
    ++first;
    other.end();
  });
  other = feed.subscribe([&](const ImageUpdate&) { ++second; });
  const auto update = apply(feed.current(), {topic_record("a", topic_a)});
  feed.publish(update);
  feed.publish(apply(feed.current(), {topic_record("b", topic_b)}));
  EXPECT_EQ(first, 2);
  EXPECT_EQ(second, 0);
  EXPECT_EQ(feed.current()->topic_count(), 2U);
}

}  // namespace
}  // namespace odradek::metadata
