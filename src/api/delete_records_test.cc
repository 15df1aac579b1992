#include "api/delete_records.h"

#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/offset_for_leader_epoch.h"
#include "protocol/error_code.h"

namespace odradek::api {
namespace {

using protocol::ErrorCode;

class DeleteRecordsTest : public ApiTest {
 protected:
  protocol::DeleteRecordsResponse::DeleteRecordsPartitionResult cut(std::string_view name, int32_t index,
                                                                    int64_t before) {
    protocol::DeleteRecordsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = protocol::Text::owned(name);
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = index;
    partition.offset = before;
    auto answer = call(delete_records, int16_t{2}, std::move(request));
    return std::move(answer.topics.at(0).partitions.at(0));
  }
};

TEST_F(DeleteRecordsTest, TheStartMovesUpToTheHighWatermark) {
  cluster.rules["compacted"].log.deletes = false;
  cluster.rules["compacted"].log.compacts = true;
  cluster.rules["kept"].log.deletes = false;
  create_topic("t", 2);
  create_topic("compacted");
  create_topic("kept");
  append("kept", 0, test_batch({"a"}));
  append("t", 1, test_batch({"a", "b", "c"}));
  EXPECT_EQ(cut("t", 1, 2).low_watermark, 2);
  EXPECT_EQ(cut("t", 1, -1).low_watermark, 3);
  EXPECT_EQ(cut("t", 1, 4).error_code, static_cast<int16_t>(ErrorCode::OffsetOutOfRange));
  EXPECT_EQ(cut("t", 1, 4).low_watermark, -1);
  EXPECT_EQ(cut("t", 2, 0).error_code, static_cast<int16_t>(ErrorCode::UnknownTopicOrPartition));
  EXPECT_EQ(cut("compacted", 0, 0).error_code, static_cast<int16_t>(ErrorCode::PolicyViolation));
  EXPECT_EQ(cut("kept", 0, -1).low_watermark, 1) << "with an empty cleanup.policy nothing else makes room";
}

TEST_F(DeleteRecordsTest, AnEpochsEndIsToldToWhoKnowsTheLeader) {
  create_topic("t");
  append("t", 0, test_batch({"a"}));
  protocol::OffsetForLeaderEpochRequest request;
  auto& topic = request.topics.emplace_back();
  topic.topic = "t";
  auto& partition = topic.partitions.emplace_back();
  partition.leader_epoch = 0;
  for (int16_t version = 0; version <= 4; ++version) {
    const auto answer = call(offset_for_leader_epoch, version, request);
    EXPECT_EQ(answer.topics.at(0).partitions.at(0).end_offset, 1);
    EXPECT_EQ(answer.topics.at(0).partitions.at(0).leader_epoch, 0);
  }
  partition.current_leader_epoch = 1;
  EXPECT_EQ(call(offset_for_leader_epoch, int16_t{4}, request).topics.at(0).partitions.at(0).error_code,
            static_cast<int16_t>(ErrorCode::UnknownLeaderEpoch));
}

}  // namespace
}  // namespace odradek::api
