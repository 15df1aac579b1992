#include "api/produce.h"

#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "protocol/error_code.h"
#include "record/legacy.h"

namespace odradek::api {
namespace {

using protocol::ErrorCode;
using protocol::ProduceRequest;
using protocol::ProduceResponse;

class ProduceTest : public ApiTest {
 protected:
  struct Wish {
    int32_t partition = 0;
    Bytes records;
  };

  static ProduceRequest request(std::string_view topic, const std::vector<Wish>& wishes, int16_t acks = -1) {
    ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = 1000;
    auto& data = request.topic_data.emplace_back();
    data.name = protocol::Text::owned(topic);
    for (const Wish& wish : wishes) {
      auto& partition = data.partition_data.emplace_back();
      partition.index = wish.partition;
      partition.records = Blob(wish.records);
    }
    return request;
  }

  ProduceResponse produce_all(ProduceRequest wanted, int16_t version = 12) {
    auto answer = call(produce, version, std::move(wanted));
    EXPECT_TRUE(answer && *answer);
    return std::move(**answer);
  }

  static ErrorCode error(const ProduceResponse& response, size_t partition = 0) {
    return static_cast<ErrorCode>(response.responses.at(0).partition_responses.at(partition).error_code);
  }
};

TEST_F(ProduceTest, EveryPartitionGetsItsBatchesInOrder) {
  create_topic("t", 8);
  std::vector<Wish> wishes;
  for (int32_t i = 0; i < 8; ++i) {
    wishes.push_back({i, test_batch({"a", "b"})});
  }
  EXPECT_EQ(error(produce_all(request("t", wishes))), ErrorCode::None);
  const ProduceResponse again = produce_all(request("t", wishes));
  for (int32_t i = 0; i < 8; ++i) {
    const auto& partition = again.responses.at(0).partition_responses.at(static_cast<size_t>(i));
    EXPECT_EQ(partition.index, i);
    EXPECT_EQ(partition.error_code, 0);
    EXPECT_EQ(partition.base_offset, 2);
    EXPECT_EQ(partition.log_start_offset, 0);
    EXPECT_EQ(partition.log_append_time_ms, -1);
  }
  EXPECT_EQ(appended_calls, 2U);
}

TEST_F(ProduceTest, OnePartitionsFaultIsNotTheOthers) {
  create_topic("t", 2);
  Bytes broken = test_batch({"x"});
  broken.back() ^= 1;
  const ProduceResponse answer =
      produce_all(request("t", {{0, broken}, {1, test_batch({"y"})}, {2, test_batch({"z"})}}));
  EXPECT_EQ(error(answer, 0), ErrorCode::CorruptMessage);
  EXPECT_EQ(answer.responses[0].partition_responses[0].base_offset, -1);
  EXPECT_EQ(error(answer, 1), ErrorCode::None);
  EXPECT_EQ(error(answer, 2), ErrorCode::UnknownTopicOrPartition);
}

TEST_F(ProduceTest, TopicsAreNamedByIdFromVersion13On) {
  const TopicId id = create_topic("t");
  ProduceRequest wanted = request("", {{0, test_batch({"a"})}});
  wanted.topic_data[0].topic_id = id.uuid();
  const ProduceResponse answer = produce_all(wanted, 13);
  EXPECT_EQ(error(answer), ErrorCode::None);
  EXPECT_EQ(answer.responses[0].topic_id, id.uuid());
  wanted.topic_data[0].topic_id = Uuid{9, 9};
  EXPECT_EQ(error(produce_all(wanted, 13)), ErrorCode::UnknownTopicId);
  EXPECT_EQ(error(produce_all(request("none", {{0, test_batch({"a"})}}))), ErrorCode::UnknownTopicOrPartition);
}

TEST_F(ProduceTest, ADuplicateIsAnsweredWithItsFirstOffset) {
  create_topic("t");
  const Bytes batch =
      test_batch({"a", "b"}, {.producer_id = ProducerId{7}, .producer_epoch = ProducerEpoch{0}, .base_sequence = 0});
  EXPECT_EQ(produce_all(request("t", {{0, batch}})).responses[0].partition_responses[0].base_offset, 0);
  EXPECT_EQ(produce_all(request("t", {{0, test_batch({"c"})}})).responses[0].partition_responses[0].base_offset, 2);
  const ProduceResponse again = produce_all(request("t", {{0, batch}}));
  EXPECT_EQ(error(again), ErrorCode::None);
  EXPECT_EQ(again.responses[0].partition_responses[0].base_offset, 0);
  const Bytes gap =
      test_batch({"d"}, {.producer_id = ProducerId{7}, .producer_epoch = ProducerEpoch{0}, .base_sequence = 5});
  EXPECT_EQ(error(produce_all(request("t", {{0, gap}}))), ErrorCode::OutOfOrderSequenceNumber);
}

TEST_F(ProduceTest, WithoutAcksNothingIsOwedAndAnErrorEndsTheConnection) {
  create_topic("t");
  const auto fine = call(produce, 9, request("t", {{0, test_batch({"a"})}}, 0));
  ASSERT_TRUE(fine.has_value());
  EXPECT_FALSE(fine->has_value());
  const auto bad = call(produce, 9, request("none", {{0, test_batch({"a"})}}, 0));
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().code, Errc::ConnectionClosed);
  EXPECT_EQ(error(produce_all(request("t", {{0, test_batch({"a"})}}, 2))), ErrorCode::InvalidRequiredAcks);
}

TEST_F(ProduceTest, OldVersionsAreAnsweredInTheirOwnFields) {
  create_topic("t");
  for (int16_t version = 3; version <= 12; ++version) {
    EXPECT_EQ(error(produce_all(request("t", {{0, test_batch({"a"})}}), version)), ErrorCode::None) << version;
    EXPECT_EQ(error(produce_all(request("none", {{0, test_batch({"a"})}}), version)),
              ErrorCode::UnknownTopicOrPartition);
  }
}

TEST_F(ProduceTest, OldProducersSetsAreTakenBeforeVersion3Only) {
  create_topic("t");
  for (int8_t magic = 0; magic <= 1; ++magic) {
    Bytes set;
    record::append_legacy_entry(set, magic, Offset{0}, 1'800'000'000'000, 0, as_bytes("k"), as_bytes("v"));
    record::append_legacy_entry(set, magic, Offset{1}, 1'800'000'000'000, 0, as_bytes("k"), as_bytes("w"));
    for (int16_t version = 0; version <= 2; ++version) {
      EXPECT_EQ(error(produce_all(request("t", {{0, set}}), version)), ErrorCode::None);
    }
    EXPECT_EQ(error(produce_all(request("t", {{0, set}}), 3)), ErrorCode::InvalidRecord);
  }
  EXPECT_EQ(append("t", 0, test_batch({"x"})), 12);
}

TEST_F(ProduceTest, NoRecordsAtAllAreInvalid) {
  create_topic("t");
  ProduceRequest wanted = request("t", {{0, {}}});
  EXPECT_EQ(error(produce_all(wanted)), ErrorCode::InvalidRecord);
  wanted.topic_data[0].partition_data[0].records.reset();
  EXPECT_EQ(error(produce_all(wanted)), ErrorCode::InvalidRecord);
}

TEST_F(ProduceTest, AnotherLeaderIsNamedFromVersion10On) {
  const TopicId id = create_topic("t");
  move_leader(id, 0, NodeId{2});
  const ProduceResponse old = produce_all(request("t", {{0, test_batch({"a"})}}), 9);
  EXPECT_EQ(error(old), ErrorCode::NotLeaderOrFollower);
  const ProduceResponse answer = produce_all(request("t", {{0, test_batch({"a"})}}), 10);
  EXPECT_EQ(answer.responses[0].partition_responses[0].current_leader.leader_id, 2);
  EXPECT_EQ(answer.responses[0].partition_responses[0].current_leader.leader_epoch, 5);
}

TEST_F(ProduceTest, RecordsThatBreakARuleAreNamed) {
  cluster.rules["t"].log.compacts = true;
  create_topic("t");
  record::BatchBuilder builder({});
  builder.append({.timestamp = 1, .key = as_bytes("k"), .value = {}, .headers = {}});
  builder.append({.timestamp = 1, .key = {}, .value = as_bytes("v"), .headers = {}});
  const ProduceResponse answer = produce_all(request("t", {{0, builder.finish()}}));
  const auto& partition = answer.responses[0].partition_responses[0];
  EXPECT_EQ(error(answer), ErrorCode::InvalidRecord);
  ASSERT_EQ(partition.record_errors.size(), 1U);
  EXPECT_EQ(partition.record_errors[0].batch_index, 1);
  EXPECT_TRUE(partition.error_message.has_value());
  EXPECT_EQ(partition.log_start_offset, 0);
}

TEST_F(ProduceTest, TransactionsNeedTheirIdAndTheirCoordinator) {
  create_topic("t");
  const Bytes batch = test_batch(
      {"a"},
      {.producer_id = ProducerId{7}, .producer_epoch = ProducerEpoch{0}, .base_sequence = 0, .is_transactional = true});
  ProduceRequest wanted = request("t", {{0, batch}});
  const ProduceResponse without_id = produce_all(wanted);
  EXPECT_EQ(error(without_id), ErrorCode::TransactionalIdAuthorizationFailed);
  EXPECT_FALSE(without_id.responses[0].partition_responses[0].error_message.has_value()) << "the code says it all";
  wanted.transactional_id = "tx";
  EXPECT_EQ(error(produce_all(wanted)), ErrorCode::NotEnoughReplicas);
}

TEST_F(ProduceTest, AcksAllAsksForNoMoreInSyncThanThereAreReplicas) {
  cluster.rules["t"].min_insync_replicas = 2;
  create_topic("t");
  EXPECT_EQ(error(produce_all(request("t", {{0, test_batch({"a"})}}, -1))), ErrorCode::None);
}

TEST_F(ProduceTest, WhereFlushMessagesIsOneTheAnswerComesOnceTheRecordsAreOnDisk) {
  cluster.rules["t"].log.flush_records = 1;
  create_topic("t");
  const auto before = sim.now();
  const ProduceResponse answer = produce_all(request("t", {{0, test_batch({"a"})}}));
  EXPECT_EQ(error(answer), ErrorCode::None);
  EXPECT_EQ(answer.responses[0].partition_responses[0].base_offset, 0);
  EXPECT_GT(sim.now(), before);  // a sync takes time, an append to the page cache may not
  EXPECT_EQ(appended_calls, 1U);
}

}  // namespace
}  // namespace odradek::api
