// Offsets, their records, deadlines and where groups are kept.
#include "coordinator/group/offset_table.h"

#include <gtest/gtest.h>

#include "coordinator/group/deadline_queue.h"
#include "coordinator/group/group_router.h"
#include "coordinator/group/group_state.h"

namespace odradek::coordinator {

namespace {

using protocol::OffsetCommitKey;
using protocol::OffsetCommitValue;

OffsetCommitKey key(std::string_view group, std::string_view topic, int32_t partition) {
  OffsetCommitKey made;
  made.group = group;
  made.topic = topic;
  made.partition = partition;
  return made;
}

OffsetCommitValue value(int64_t offset, std::string_view metadata = "") {
  OffsetCommitValue made;
  made.offset = offset;
  made.metadata = metadata;
  made.commit_timestamp = 1'800'000'000'000;
  return made;
}

Result<> replay(GroupState& state, const machine::LogRecord& record) {
  const machine::LogRecordView view{.key = record.key ? std::optional(ByteView(*record.key)) : std::nullopt,
                                    .value = record.value ? std::optional(ByteView(*record.value)) : std::nullopt};
  return state.replay(Offset{0}, LeaderEpoch{0}, 0, std::span(&view, 1));
}

}  // namespace

TEST(OffsetTable, TheLastCommitCounts) {
  GroupState state;
  ASSERT_TRUE(replay(state, record_of(key("g", "t", 3), value(10, "first"))));
  ASSERT_TRUE(replay(state, record_of(key("g", "t", 1), value(20))));
  ASSERT_TRUE(replay(state, record_of(key("g", "t", 3), value(11, "second"))));
  EXPECT_EQ(state.offsets().size(), 2U);
  ASSERT_NE(state.offsets().find("g", "t", 3), nullptr);
  EXPECT_EQ(state.offsets().find("g", "t", 3)->offset, 11);
  EXPECT_EQ(state.offsets().find("g", "t", 3)->metadata, "second");
  EXPECT_EQ(state.offsets().find("g", "t", 2), nullptr);
  EXPECT_EQ(state.offsets().find("h", "t", 3), nullptr);
}

TEST(OffsetTable, TombstonesLeaveNothingBehind) {
  GroupState state;
  ASSERT_TRUE(replay(state, record_of(key("g", "t", 3), value(10))));
  ASSERT_TRUE(replay(state, tombstone<OffsetChange>(key("g", "t", 4))));
  ASSERT_TRUE(replay(state, tombstone<OffsetChange>(key("g", "t", 3))));
  EXPECT_EQ(state.offsets().size(), 0U);
  EXPECT_TRUE(state.offsets().groups().empty());
}

TEST(GroupRecords, OffsetsAreStoredAsKafkaStoresThem) {
  EXPECT_EQ(record_of(key("g", "t", 0), value(1)).value->at(1), 4);
  OffsetCommitValue expiring = value(1);
  expiring.expire_timestamp = 5;
  EXPECT_EQ(record_of(key("g", "t", 0), std::move(expiring)).value->at(1), 1);
}

TEST(GroupRecords, UnknownKindsAreLeftAlone) {
  const Bytes unknown = {0, 99, 1, 2, 3};
  const auto decoded = decode_change({.key = ByteView(unknown), .value = ByteView(unknown)});
  ASSERT_TRUE(decoded.has_value());
  EXPECT_FALSE(decoded->has_value());
}

TEST(GroupRecords, CutRecordsAreCorrupt) {
  const machine::LogRecord whole = record_of(key("group", "topic", 7), value(1, "note"));
  for (size_t size = 0; size < whole.key->size(); ++size) {
    EXPECT_FALSE(decode_change({.key = ByteView(*whole.key).first(size), .value = ByteView(*whole.value)}).has_value());
  }
  for (size_t size = 0; size < whole.value->size(); ++size) {
    EXPECT_FALSE(decode_change({.key = ByteView(*whole.key), .value = ByteView(*whole.value).first(size)}).has_value());
  }
}

TEST(DeadlineQueue, TheEarliestOfAGroupCounts) {
  using runtime::MonotonicTime;
  const MonotonicTime start{};
  const auto at = [start](int s) { return start + std::chrono::seconds(s); };
  DeadlineQueue queue;
  EXPECT_TRUE(queue.arm("a", at(5)));
  EXPECT_FALSE(queue.arm("a", at(9)));  // later: asked at 5 anyway
  EXPECT_FALSE(queue.arm("b", at(7)));
  EXPECT_TRUE(queue.arm("b", at(3)));
  EXPECT_EQ(queue.take_due(at(4)), std::vector<std::string>{"b"});
  EXPECT_EQ(queue.next(), at(5));
  queue.forget("a");
  EXPECT_FALSE(queue.next().has_value());
}

TEST(GroupRouter, GroupsAreKeptWhereKafkaKeepsThem) {
  // "polygenelubricants" hashes to the least int32, which has no positive.
  EXPECT_EQ(partition_of_group("", 50), PartitionIndex{0});
  EXPECT_EQ(partition_of_group("polygenelubricants", 50), PartitionIndex{0});
  EXPECT_EQ(partition_of_group("a", 50), PartitionIndex{97 % 50});
  EXPECT_EQ(partition_of_group("ab", 50), PartitionIndex{(97 * 31 + 98) % 50});
  EXPECT_EQ(partition_of_group("\xC3\xA9", 50), PartitionIndex{0xE9 % 50});
  // Outside the first plane: two units, D83D and DE00.
  EXPECT_EQ(partition_of_group("\xF0\x9F\x98\x80", 50), PartitionIndex{(0xD83D * 31 + 0xDE00) % 50});
}

}  // namespace odradek::coordinator
