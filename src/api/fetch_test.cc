#include "api/fetch.h"

#include <chrono>

#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/produce.h"
#include "protocol/error_code.h"
#include "record/batch_reader.h"

namespace odradek::api {
namespace {

using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;
using Values = std::vector<std::string>;

class FetchTest : public ApiTest {
 protected:
  static FetchRequest request(std::string_view topic, std::initializer_list<std::pair<int32_t, int64_t>> from) {
    FetchRequest request;
    request.max_wait_ms = 0;
    request.min_bytes = 1;
    request.max_bytes = 1 << 20;
    auto& wanted = request.topics.emplace_back();
    wanted.topic = protocol::Text::owned(topic);
    for (const auto& [index, offset] : from) {
      auto& partition = wanted.partitions.emplace_back();
      partition.partition = index;
      partition.fetch_offset = offset;
      partition.partition_max_bytes = 1 << 20;
    }
    return request;
  }

  FetchResponse fetch_all(FetchRequest wanted, int16_t version = 12) { return call(fetch, version, std::move(wanted)); }

  FetchResponse::PartitionData fetch_one(FetchRequest wanted, int16_t version = 12) {
    FetchResponse answer = fetch_all(std::move(wanted), version);
    EXPECT_EQ(answer.error_code, 0);
    return std::move(answer.responses.at(0).partitions.at(0));
  }

  static runtime::Task<void> poll(RequestContext& context, FetchRequest wanted, std::optional<FetchResponse>& into) {
    FetchResponse answer = co_await fetch(context, std::move(wanted));
    into = std::move(answer);
  }

  static ErrorCode error(const FetchResponse::PartitionData& data) { return static_cast<ErrorCode>(data.error_code); }
};

TEST_F(FetchTest, RecordsComeFromTheBatchThatHoldsTheOffset) {
  create_topic("t");
  append("t", 0, test_batch({"a", "b"}));
  append("t", 0, test_batch({"c"}));
  const auto all = fetch_one(request("t", {{0, 1}}));
  EXPECT_EQ(values_in(*all.records), (Values{"a", "b", "c"}));
  EXPECT_FALSE(all.records->in_memory()) << "records are sent from the file";
  EXPECT_EQ(all.high_watermark, 3);
  EXPECT_EQ(all.last_stable_offset, 3);
  EXPECT_EQ(all.log_start_offset, 0);
  EXPECT_FALSE(all.aborted_transactions.has_value());
  EXPECT_EQ(values_in(*fetch_one(request("t", {{0, 2}})).records), Values{"c"});
  EXPECT_TRUE(fetch_one(request("t", {{0, 3}})).records->empty());
  const auto beyond = fetch_one(request("t", {{0, 4}}));
  EXPECT_EQ(error(beyond), ErrorCode::OffsetOutOfRange);
  EXPECT_EQ(beyond.high_watermark, -1);
}

TEST_F(FetchTest, EveryVersionIsAnsweredInItsOwnFields) {
  const TopicId id = create_topic("t");
  append("t", 0, test_batch({"a"}));
  for (int16_t version = 0; version <= 18; ++version) {
    FetchRequest wanted = request("t", {{0, 0}});
    wanted.topics[0].topic_id = version >= 13 ? id.uuid() : Uuid();
    const auto data = fetch_one(std::move(wanted), version);
    EXPECT_EQ(error(data), ErrorCode::None) << version;
    EXPECT_EQ(values_in(*data.records), Values{"a"}) << version;
    EXPECT_EQ(data.records->in_memory(), version < 4);
  }
}

TEST_F(FetchTest, OldConsumersGetTheirOwnFormats) {
  create_topic("t");
  append("t", 0, test_batch({"a", "b"}, {.codec = record::Codec::Gzip}));
  append("t", 0, test_batch({"c"}));
  for (int16_t version = 0; version <= 3; ++version) {
    const auto data = fetch_one(request("t", {{0, 1}}), version);
    record::BatchScanner batches(data.records->view());
    const auto first = batches.next();
    EXPECT_EQ((*first)->header.magic, version < 2 ? 0 : 1);
    EXPECT_EQ(values_in(*data.records).back(), "c");
  }
  create_topic("z");
  append("z", 0, test_batch({"a"}, {.codec = record::Codec::Zstd}));
  EXPECT_EQ(error(fetch_one(request("z", {{0, 0}}), 3)), ErrorCode::UnsupportedCompressionType);
  EXPECT_EQ(error(fetch_one(request("z", {{0, 0}}), 4)), ErrorCode::None);
}

TEST_F(FetchTest, ConversionStopsAtTheBytesAskedFor) {
  create_topic("t");
  for (int i = 0; i < 20; ++i) {
    append("t", 0, test_batch({std::string(1000, 'x')}));
  }
  FetchRequest wanted = request("t", {{0, 0}});
  wanted.max_bytes = 3000;
  const auto data = fetch_one(wanted, 3);
  EXPECT_LE(data.records->size(), 4000U);
  EXPECT_GE(data.records->size(), 1000U);
}

TEST_F(FetchTest, ABatchLargerThanTheLimitComesWholeOrCutAsTheVersionHasIt) {
  create_topic("t");
  append("t", 0, test_batch({std::string(5000, 'x')}));
  FetchRequest wanted = request("t", {{0, 0}});
  wanted.topics[0].partitions[0].partition_max_bytes = 100;
  EXPECT_EQ(values_in(*fetch_one(wanted, 4).records).size(), 1U);
  EXPECT_EQ(values_in(*fetch_one(wanted, 3).records).size(), 1U);
  const auto cut = fetch_one(wanted, 2);
  EXPECT_EQ(cut.records->size(), 100U) << "which makes the consumer ask for more";
}

TEST_F(FetchTest, AllPartitionsTogetherKeepTheLimit) {
  create_topic("t", 4);
  for (int32_t i = 0; i < 4; ++i) {
    append("t", i, test_batch({std::string(1000, 'x')}));
  }
  FetchRequest wanted = request("t", {{0, 0}, {1, 0}, {2, 0}, {3, 0}});
  wanted.max_bytes = 2500;
  const FetchResponse answer = fetch_all(wanted);
  std::vector<size_t> found;
  for (const auto& partition : answer.responses.at(0).partitions) {
    found.push_back(values_in(*partition.records).size());
  }
  EXPECT_EQ(found, (std::vector<size_t>{1, 1, 0, 0}));
}

TEST_F(FetchTest, ItWaitsForRecordsAndNoLonger) {
  create_topic("t", 2);
  FetchRequest wanted = request("t", {{0, 0}, {1, 0}});
  wanted.max_wait_ms = 10'000;
  const auto start = sim.now();
  EXPECT_TRUE(fetch_all(wanted).responses.at(0).partitions.at(1).records->empty());
  EXPECT_GE(sim.now() - start, std::chrono::seconds(10));

  std::optional<FetchResponse> answer;
  const auto again = sim.now();
  runtime::TaskGroup tasks;
  tasks.spawn(poll(context(protocol::ApiKey::Fetch, 12), wanted, answer));
  sim.run_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(answer.has_value());
  append("t", 1, test_batch({"a"}));
  EXPECT_TRUE(sim.run_until([&] { return answer.has_value(); }));
  EXPECT_LT(sim.now() - again, std::chrono::seconds(1));
  EXPECT_EQ(values_in(*answer->responses.at(0).partitions.at(1).records), Values{"a"});
  run(tasks.join());
}

TEST_F(FetchTest, OldConsumersAreNotToldOfDisks) {
  create_topic("t");
  append("t", 0, test_batch({"a"}));
  disk().faults().is_dead = true;
  protocol::ProduceRequest lost;
  lost.acks = 1;
  auto& data = lost.topic_data.emplace_back();
  data.name = protocol::Text("t");
  data.partition_data.emplace_back().records = Blob(test_batch({"b"}));
  call(produce, 12, std::move(lost));
  disk().faults().is_dead = false;
  EXPECT_EQ(error(fetch_one(request("t", {{0, 0}}), 6)), ErrorCode::KafkaStorageError);
  EXPECT_EQ(error(fetch_one(request("t", {{0, 0}}), 5)), ErrorCode::NotLeaderOrFollower);
}

TEST_F(FetchTest, WhatASegmentEndsWithIsNotWaitedWith) {
  cluster.rules["t"].log.segment_bytes_max = 100;
  create_topic("t");
  append("t", 0, test_batch({"a"}));
  append("t", 0, test_batch({"b"}));
  FetchRequest wanted = request("t", {{0, 0}});
  wanted.min_bytes = 1'000;
  wanted.max_wait_ms = 10'000;
  const auto start = sim.now();
  EXPECT_EQ(values_in(*fetch_one(wanted).records), Values{"a"});
  EXPECT_LT(sim.now() - start, std::chrono::seconds(1));
  wanted.topics[0].partitions[0].fetch_offset = 1;
  EXPECT_EQ(values_in(*fetch_one(wanted).records), Values{"b"});
  EXPECT_GE(sim.now() - start, std::chrono::seconds(10)) << "there may be more to come";
}

TEST_F(FetchTest, AStoppingBrokerEndsTheWaiting) {
  create_topic("t", 4);
  FetchRequest wanted = request("t", {{0, 0}, {1, 0}, {2, 0}, {3, 0}});
  wanted.max_wait_ms = 1'000'000;
  const auto start = sim.now();
  std::optional<FetchResponse> answer;
  runtime::TaskGroup tasks;
  tasks.spawn(poll(context(protocol::ApiKey::Fetch, 12), wanted, answer));
  sim.run_for(std::chrono::milliseconds(50));
  services().stopping.begin();
  EXPECT_TRUE(sim.run_until([&] { return answer.has_value(); }));
  EXPECT_LT(sim.now() - start, std::chrono::seconds(1));
  run(tasks.join());
}

TEST_F(FetchTest, NobodyBeginsToWaitWhileTheBrokerStops) {
  create_topic("t", 4);
  services().stopping.begin();
  FetchRequest wanted = request("t", {{0, 0}, {1, 0}, {2, 0}, {3, 0}});
  wanted.max_wait_ms = 1'000'000;
  const auto start = sim.now();
  EXPECT_TRUE(values_in(*fetch_one(wanted).records).empty());
  EXPECT_LT(sim.now() - start, std::chrono::seconds(1));
}

TEST_F(FetchTest, UnknownNamesIdsAndEpochsAreToldApart) {
  const TopicId id = create_topic("t");
  EXPECT_EQ(error(fetch_one(request("none", {{0, 0}}))), ErrorCode::UnknownTopicOrPartition);
  EXPECT_EQ(error(fetch_one(request("t", {{7, 0}}))), ErrorCode::UnknownTopicOrPartition);
  EXPECT_EQ(error(fetch_one(request("t", {{0, 0}}), 13)), ErrorCode::UnknownTopicId);
  FetchRequest wanted = request("t", {{0, 0}});
  wanted.topics[0].partitions[0].current_leader_epoch = 1;
  EXPECT_EQ(error(fetch_one(wanted)), ErrorCode::UnknownLeaderEpoch);
  wanted.replica_id = 2;
  wanted.topics[0].partitions[0].current_leader_epoch = 0;
  EXPECT_EQ(error(fetch_one(wanted)), ErrorCode::UnknownLeaderEpoch) << "no follower of ours";
  move_leader(id, 0, NodeId{2});
  FetchRequest elsewhere = request("t", {{0, 0}});
  elsewhere.topics[0].topic_id = id.uuid();
  const auto data = fetch_one(elsewhere, 16);
  EXPECT_EQ(error(data), ErrorCode::NotLeaderOrFollower);
  EXPECT_EQ(data.current_leader.leader_id, 2);
}

TEST_F(FetchTest, AReaderOfCommittedRecordsIsToldOfNoAbortedTransactions) {
  create_topic("t");
  append("t", 0, test_batch({"a"}));
  FetchRequest wanted = request("t", {{0, 0}});
  wanted.isolation_level = 1;
  const auto data = fetch_one(wanted);
  ASSERT_TRUE(data.aborted_transactions.has_value());
  EXPECT_TRUE(data.aborted_transactions->empty());
}

TEST_F(FetchTest, AnIncrementalAnswerLeavesOutWhatHasNoNews) {
  create_topic("t", 3);
  append("t", 1, test_batch({"a"}));
  FetchRequest full = request("t", {{0, 0}, {1, 0}, {2, 0}});
  full.session_epoch = 0;
  const FetchResponse first = fetch_all(full);
  ASSERT_GT(first.session_id, 0);
  EXPECT_EQ(first.responses.at(0).partitions.size(), 3U);

  FetchRequest next = request("t", {{1, 1}});
  next.session_id = first.session_id;
  next.session_epoch = 1;
  EXPECT_TRUE(fetch_all(next).responses.empty());

  append("t", 2, test_batch({"b"}));
  FetchRequest nothing;
  nothing.session_id = first.session_id;
  nothing.session_epoch = 2;
  nothing.min_bytes = 1;
  const FetchResponse news = fetch_all(nothing);
  ASSERT_EQ(news.responses.size(), 1U);
  ASSERT_EQ(news.responses[0].partitions.size(), 1U);
  EXPECT_EQ(news.responses[0].partitions[0].partition_index, 2);
  EXPECT_EQ(fetch_all(nothing).error_code, static_cast<int16_t>(ErrorCode::InvalidFetchSessionEpoch));
}

}  // namespace
}  // namespace odradek::api
