#include "api/init_producer_id.h"

#include <set>

#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/describe_producers.h"
#include "api/find_coordinator.h"
#include "protocol/error_code.h"

namespace odradek::api {
namespace {

using protocol::ErrorCode;
using protocol::InitProducerIdRequest;

class ProducersTest : public ApiTest {
 protected:
  static InitProducerIdRequest idempotent() {
    InitProducerIdRequest request;
    request.transactional_id.reset();
    return request;
  }
};

TEST_F(ProducersTest, EveryProducerGetsAnIdOfItsOwn) {
  std::set<int64_t> ids;
  for (int i = 0; i < 1001; ++i) {
    const auto answer = call(init_producer_id, int16_t{4}, idempotent());
    EXPECT_EQ(answer.error_code, 0);
    EXPECT_EQ(answer.producer_epoch, 0);
    ids.insert(answer.producer_id);
  }
  EXPECT_EQ(ids.size(), 1001U);
  EXPECT_EQ(cluster.controller_calls, 2U);
}

TEST_F(ProducersTest, ManyWhoWaitAskForOneBlock) {
  runtime::TaskGroup tasks;
  std::set<int64_t> ids;
  for (int i = 0; i < 50; ++i) {
    tasks.spawn([](ProducerIds& source, metadata::SharedImage image, std::set<int64_t>& into) -> runtime::Task<void> {
      const Result<ProducerId> id = co_await source.next(std::move(image));
      into.insert(id->raw());
    }(services().producer_ids, cluster.image(), ids));
  }
  run(tasks.join());
  EXPECT_EQ(ids.size(), 50U);
  EXPECT_EQ(cluster.controller_calls, 1U);
}

TEST_F(ProducersTest, RefusalsAreKafkas) {
  InitProducerIdRequest request;
  request.transactional_id = "tx";
  EXPECT_EQ(call(init_producer_id, int16_t{4}, request).error_code,
            static_cast<int16_t>(ErrorCode::CoordinatorNotAvailable));
  request.transactional_id = "";
  EXPECT_EQ(call(init_producer_id, int16_t{4}, request).error_code, static_cast<int16_t>(ErrorCode::InvalidRequest));
  request.transactional_id.reset();
  request.producer_id = 5;
  EXPECT_EQ(call(init_producer_id, int16_t{4}, request).error_code, static_cast<int16_t>(ErrorCode::InvalidRequest));
  cluster.refusal = Error{Errc::NotController, ""};
  const auto answer = call(init_producer_id, int16_t{0}, idempotent());
  EXPECT_EQ(answer.error_code, static_cast<int16_t>(ErrorCode::CoordinatorLoadInProgress));
  EXPECT_EQ(answer.producer_id, -1);
  EXPECT_EQ(answer.producer_epoch, -1);
}

TEST_F(ProducersTest, WhoWroteIsDescribed) {
  create_topic("t");
  append(
      "t", 0,
      test_batch({"a", "b"}, {.producer_id = ProducerId{7}, .producer_epoch = ProducerEpoch{3}, .base_sequence = 0}));
  protocol::DescribeProducersRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = "t";
  topic.partition_indexes = {0, 4};
  const auto answer = call(describe_producers, int16_t{0}, request);
  const auto& partitions = answer.topics.at(0).partitions;
  ASSERT_EQ(partitions.at(0).active_producers.size(), 1U);
  const auto& producer = partitions[0].active_producers[0];
  EXPECT_EQ(producer.producer_id, 7);
  EXPECT_EQ(producer.producer_epoch, 3);
  EXPECT_EQ(producer.last_sequence, 1);
  EXPECT_EQ(producer.current_txn_start_offset, -1);
  EXPECT_EQ(partitions.at(1).error_code, static_cast<int16_t>(ErrorCode::UnknownTopicOrPartition));
  EXPECT_FALSE(partitions.at(1).error_message.has_value());
}

TEST_F(ProducersTest, NoTopicAndAnImpossibleOneAreToldApart) {
  protocol::DescribeProducersRequest request;
  for (const protocol::Text& name : {protocol::Text("nowhere"), protocol::Text("..")}) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.partition_indexes = {0};
  }
  const auto answer = call(describe_producers, int16_t{0}, request);
  const auto& unknown = answer.topics.at(0).partitions.at(0);
  EXPECT_EQ(unknown.error_code, static_cast<int16_t>(ErrorCode::UnknownTopicOrPartition));
  EXPECT_EQ(unknown.error_message, "This server does not host this topic-partition.");
  const auto& impossible = answer.topics.at(1).partitions.at(0);
  EXPECT_EQ(impossible.error_code, static_cast<int16_t>(ErrorCode::InvalidTopicException));
  EXPECT_EQ(impossible.error_message, "Topic name is invalid: '..' is not allowed");
}

TEST_F(ProducersTest, NobodyCoordinatesTransactionsAndShareGroups) {
  const auto none = static_cast<int16_t>(ErrorCode::CoordinatorNotAvailable);
  const auto invalid = static_cast<int16_t>(ErrorCode::InvalidRequest);
  protocol::FindCoordinatorRequest one;
  one.key = "transaction";
  one.key_type = 1;
  for (int16_t version = 1; version <= 3; ++version) {
    const auto answer = call(find_coordinator, version, one);
    EXPECT_EQ(answer.error_code, none);
    EXPECT_EQ(answer.node_id, -1);
    EXPECT_EQ(answer.port, -1);
  }
  protocol::FindCoordinatorRequest many;
  many.key_type = 2;
  many.coordinator_keys = {"g:AAAAAAAAAAAAAAAAAAAAAQ:0", "g:0"};
  const auto shares = call(find_coordinator, int16_t{6}, many);
  EXPECT_EQ(shares.coordinators[0].error_code, none);
  EXPECT_EQ(shares.coordinators[1].error_code, invalid);
  many.key_type = 3;
  EXPECT_EQ(call(find_coordinator, int16_t{6}, many).coordinators[0].error_code, invalid);
}

}  // namespace
}  // namespace odradek::api
