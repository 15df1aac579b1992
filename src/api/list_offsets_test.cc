#include "api/list_offsets.h"

#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "protocol/error_code.h"

namespace odradek::api {
namespace {

using protocol::ErrorCode;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

class ListOffsetsTest : public ApiTest {
 protected:
  ListOffsetsResponse::ListOffsetsPartitionResponse find(int64_t timestamp, int16_t version = 11,
                                                         int32_t partition = 0) {
    ListOffsetsRequest request;
    request.replica_id = -1;
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    auto& wanted = topic.partitions.emplace_back();
    wanted.partition_index = partition;
    wanted.timestamp = timestamp;
    wanted.max_num_offsets = 10;
    auto answer = call(list_offsets, version, std::move(request));
    return std::move(answer.topics.at(0).partitions.at(0));
  }
};

TEST_F(ListOffsetsTest, SentinelsAndTimesAreLookedUp) {
  create_topic("t");
  append("t", 0, test_batch({"a", "b"}, {}, 1'800'000'000'000));
  append("t", 0, test_batch({"c"}, {}, 1'800'000'000'500));
  EXPECT_EQ(find(-1).offset, 3);
  EXPECT_EQ(find(-1).leader_epoch, 0);
  EXPECT_EQ(find(-2).offset, 0);
  EXPECT_EQ(find(-3).offset, 2);
  EXPECT_EQ(find(-3).timestamp, 1'800'000'000'500);
  EXPECT_EQ(find(-4).offset, 0);
  EXPECT_EQ(find(-5).offset, -1);
  EXPECT_EQ(find(-6).offset, -1);
  EXPECT_EQ(find(1'800'000'000'001).offset, 1);
  EXPECT_EQ(find(1'800'000'000'002).offset, 2);
  const auto late = find(1'800'000'001'000);
  EXPECT_EQ(late.offset, -1);
  EXPECT_EQ(late.error_code, 0);
}

TEST_F(ListOffsetsTest, SentinelsBeginWithTheirVersions) {
  create_topic("t");
  const auto unsupported = static_cast<int16_t>(ErrorCode::UnsupportedVersion);
  const std::vector<std::pair<int64_t, int16_t>> first{
      {-3, int16_t{7}}, {-4, int16_t{8}}, {-5, int16_t{9}}, {-6, int16_t{11}}};
  for (const auto& [timestamp, version] : first) {
    EXPECT_EQ(find(timestamp, version).error_code, 0) << timestamp;
    EXPECT_EQ(find(timestamp, static_cast<int16_t>(version - 1)).error_code, unsupported) << timestamp;
  }
  EXPECT_EQ(find(-7).error_code, unsupported);
  for (int16_t version = 1; version <= 11; ++version) {
    EXPECT_EQ(find(-1, version).offset, 0);
  }
}

TEST_F(ListOffsetsTest, TheFirstVersionListsOffsetsDownwards) {
  create_topic("t");
  append("t", 0, test_batch({"a", "b"}));
  EXPECT_EQ(find(-1, 0).old_style_offsets, (std::vector<int64_t>{2, 0}));
  EXPECT_EQ(find(-2, 0).old_style_offsets, (std::vector<int64_t>{0}));
}

TEST_F(ListOffsetsTest, TheFirstVersionListsWhereSegmentsBegin) {
  cluster.rules["t"].log.segment_bytes_max = 100;
  create_topic("t");
  for (int i = 0; i < 4; ++i) {
    append("t", 0, test_batch({"a", "b"}, {}, 1'800'000'000'000 + i));
  }
  EXPECT_EQ(find(-1, 0).old_style_offsets, (std::vector<int64_t>{8, 6, 4, 2, 0}));
  EXPECT_EQ(find(-2, 0).old_style_offsets, (std::vector<int64_t>{0}));
  EXPECT_EQ(find(1'800'000'000'002, 0).old_style_offsets, (std::vector<int64_t>{3, 2, 0}));
  EXPECT_EQ(find(1'900'000'000'000, 0).old_style_offsets, (std::vector<int64_t>{8, 6, 4, 2, 0}));
  EXPECT_TRUE(find(1, 0).old_style_offsets.empty());
}

TEST_F(ListOffsetsTest, APartitionNamedTwiceIsRefused) {
  create_topic("t");
  ListOffsetsRequest request;
  request.replica_id = -1;
  auto& topic = request.topics.emplace_back();
  topic.name = "t";
  topic.partitions.resize(3);
  topic.partitions[2].partition_index = 5;
  for (auto& partition : topic.partitions) {
    partition.timestamp = -1;
  }
  const auto answer = call(list_offsets, int16_t{11}, request);
  const auto& partitions = answer.topics.at(0).partitions;
  EXPECT_EQ(partitions.at(0).error_code, static_cast<int16_t>(ErrorCode::InvalidRequest));
  EXPECT_EQ(partitions.at(1).error_code, static_cast<int16_t>(ErrorCode::InvalidRequest));
  EXPECT_EQ(partitions.at(2).error_code, static_cast<int16_t>(ErrorCode::UnknownTopicOrPartition));
}

}  // namespace
}  // namespace odradek::api
