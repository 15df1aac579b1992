#include "api/metadata.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/authorized_operations.h"
#include "api/describe_cluster.h"
#include "api/describe_topic_partitions.h"
#include "protocol/error_code.h"

namespace odradek::api {
namespace {

using protocol::ErrorCode;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

int16_t number(ErrorCode code) { return static_cast<int16_t>(code); }

class MetadataTest : public ApiTest {
 protected:
  static MetadataRequest all_topics() {
    MetadataRequest request;
    request.topics.reset();
    return request;
  }
  static MetadataRequest by_name(const std::vector<std::string>& names) {
    MetadataRequest request;
    for (const std::string& name : names) {
      request.topics->emplace_back().name = protocol::Text(name);
    }
    return request;
  }
  static MetadataRequest by_id(const std::vector<TopicId>& ids) {
    MetadataRequest request;
    for (const TopicId id : ids) {
      auto& topic = request.topics->emplace_back();
      topic.name.reset();
      topic.topic_id = id.uuid();
    }
    return request;
  }
  static void forbid_creation(MetadataRequest& request) { request.allow_auto_topic_creation = false; }

  // Another broker, which listens elsewhere.
  void register_broker(int32_t id, std::string_view listener, bool fenced) {
    protocol::RegisterBrokerRecord broker;
    broker.broker_id = id;
    broker.broker_epoch = 4;
    broker.fenced = fenced;
    broker.rack.reset();
    auto& endpoint = broker.end_points.emplace_back();
    endpoint.name = protocol::Text::owned(listener);
    endpoint.host = "elsewhere";
    endpoint.port = 9999;
    std::vector<metadata::MetadataRecord> records;
    records.emplace_back(std::move(broker));
    apply(std::move(records));
  }
};

TEST_F(MetadataTest, TellsTheEndpointOfTheListenerThatTheClientCameInBy) {
  register_broker(2, "INTERNAL", false);
  register_broker(3, "PLAINTEXT", true);
  const auto answer = call(metadata, 12, all_topics());
  ASSERT_EQ(answer.brokers.size(), 1U);
  EXPECT_EQ(answer.brokers[0].node_id, 1);
  EXPECT_EQ(answer.brokers[0].host, "localhost");
  EXPECT_EQ(answer.brokers[0].port, 9092);
  EXPECT_EQ(answer.controller_id, 1);
  EXPECT_EQ(answer.cluster_id->view(), "test-cluster");
}

TEST_F(MetadataTest, NullIsAllTopicsAndAnEmptyListOnlyInVersionZero) {
  create_topic("b", 2);
  create_topic("a");
  EXPECT_EQ(call(metadata, 1, all_topics()).topics.size(), 2U);
  EXPECT_EQ(call(metadata, 0, by_name({})).topics.size(), 2U);
  EXPECT_EQ(call(metadata, 1, by_name({})).topics.size(), 0U);
}

TEST_F(MetadataTest, DescribesLeaderReplicasAndEpoch) {
  const TopicId id = create_topic("t", 3);
  const auto answer = call(metadata, 12, by_name({"t"}));
  ASSERT_EQ(answer.topics.size(), 1U);
  EXPECT_EQ(answer.topics[0].error_code, 0);
  EXPECT_EQ(answer.topics[0].topic_id, id.uuid());
  ASSERT_EQ(answer.topics[0].partitions.size(), 3U);
  const auto& last = answer.topics[0].partitions[2];
  EXPECT_EQ(last.partition_index, 2);
  EXPECT_EQ(last.leader_id, 1);
  EXPECT_EQ(last.leader_epoch, 0);
  EXPECT_EQ(last.replica_nodes, std::vector{1});
  EXPECT_EQ(last.isr_nodes, std::vector{1});
  EXPECT_EQ(answer.topics[0].topic_authorized_operations, operations_not_asked);
}

TEST_F(MetadataTest, ALeaderThatIsGoneIsAnErrorAndAnOfflineReplica) {
  move_leader(create_topic("t"), 0, NodeId{7});
  const auto partition = call(metadata, 12, by_name({"t"})).topics.at(0).partitions.at(0);
  EXPECT_EQ(partition.error_code, number(ErrorCode::LeaderNotAvailable));
  EXPECT_EQ(partition.leader_id, -1);
  EXPECT_EQ(partition.offline_replicas, std::vector{7});
  EXPECT_EQ(partition.replica_nodes, (std::vector{1, 7}));
  EXPECT_EQ(call(metadata, 0, by_name({"t"})).topics.at(0).partitions.at(0).replica_nodes, std::vector{1});
}

TEST_F(MetadataTest, ALeaderThatListensElsewhereIsListenerNotFoundFromVersionSix) {
  register_broker(7, "INTERNAL", false);
  move_leader(create_topic("t"), 0, NodeId{7});
  EXPECT_EQ(call(metadata, 6, by_name({"t"})).topics.at(0).partitions.at(0).error_code,
            number(ErrorCode::ListenerNotFound));
  EXPECT_EQ(call(metadata, 5, by_name({"t"})).topics.at(0).partitions.at(0).error_code,
            number(ErrorCode::LeaderNotAvailable));
}

TEST_F(MetadataTest, FindsTopicsByIdAndSaysWhichItDoesNotKnow) {
  const TopicId known = create_topic("t");
  const auto answer = call(metadata, 12, by_id({TopicId(Uuid(9, 9)), known, known}));
  ASSERT_EQ(answer.topics.size(), 2U);
  EXPECT_EQ(answer.topics[0].name->view(), "t");
  EXPECT_EQ(answer.topics[1].error_code, number(ErrorCode::UnknownTopicId));
  EXPECT_FALSE(answer.topics[1].name.has_value());
  EXPECT_EQ(answer.topics[1].topic_id, Uuid(9, 9));
}

TEST_F(MetadataTest, IdsBeforeVersionTwelveAreAnInvalidRequest) {
  const auto answer = call(metadata, 11, by_id({create_topic("t")}));
  EXPECT_EQ(answer.topics.at(0).error_code, number(ErrorCode::InvalidRequest));
}

TEST_F(MetadataTest, CreatesWhatIsAskedForAndAnswersThatTheClientShallAskAgain) {
  const auto first = call(metadata, 12, by_name({"new", "new"}));
  ASSERT_EQ(first.topics.size(), 1U);
  EXPECT_EQ(first.topics[0].error_code, number(ErrorCode::UnknownTopicOrPartition));
  EXPECT_EQ(call(metadata, 12, by_name({"new"})).topics.at(0).error_code, 0);
}

TEST_F(MetadataTest, CreatesOnlyWhereClientAndBrokerWishIt) {
  MetadataRequest request = by_name({"new"});
  forbid_creation(request);
  EXPECT_EQ(call(metadata, 4, request).topics.at(0).error_code, number(ErrorCode::UnknownTopicOrPartition));
  EXPECT_EQ(cluster.controller_calls, 0U);
}

TEST_F(MetadataTest, AnIllegalNameIsRefusedWithoutAskingTheController) {
  const auto answer = call(metadata, 12, by_name({"a b", ".."}));
  EXPECT_EQ(answer.topics.at(0).error_code, number(ErrorCode::InvalidTopicException));
  EXPECT_EQ(answer.topics.at(1).error_code, number(ErrorCode::InvalidTopicException));
  EXPECT_EQ(cluster.controller_calls, 0U);
}

TEST_F(MetadataTest, TheMetadataLogDoesNotBecomeATopic) {
  const auto answer = call(metadata, 12, by_name({"__cluster_metadata"}));
  EXPECT_EQ(answer.topics.at(0).error_code, number(ErrorCode::UnknownTopicOrPartition));
  EXPECT_EQ(cluster.controller_calls, 0U);
}

TEST_F(MetadataTest, AuthorizedOperationsAreAllBitsOfWhatWasAskedFor) {
  create_topic("t");
  MetadataRequest request = by_name({"t"});
  request.include_topic_authorized_operations = true;
  request.include_cluster_authorized_operations = true;
  const auto answer = call(metadata, 8, request);
  EXPECT_EQ(answer.cluster_authorized_operations, 8096);
  EXPECT_EQ(answer.topics.at(0).topic_authorized_operations, 3576);
}

class DescribeClusterTest : public MetadataTest {};

TEST_F(DescribeClusterTest, FencedBrokersAreThereOnlyOnRequest) {
  register_broker(3, "PLAINTEXT", true);
  protocol::DescribeClusterRequest request;
  EXPECT_EQ(call(describe_cluster, 2, request).brokers.size(), 1U);
  request.include_fenced_brokers = true;
  const auto answer = call(describe_cluster, 2, request);
  ASSERT_EQ(answer.brokers.size(), 2U);
  EXPECT_TRUE(answer.brokers[1].is_fenced);
  EXPECT_EQ(answer.controller_id, 1);
}

TEST_F(DescribeClusterTest, ABrokerDoesNotKnowControllerEndpoints) {
  protocol::DescribeClusterRequest request;
  request.endpoint_type = 2;
  EXPECT_EQ(call(describe_cluster, 1, request).error_code, number(ErrorCode::MismatchedEndpointType));
  request.endpoint_type = 3;
  EXPECT_EQ(call(describe_cluster, 1, request).error_code, number(ErrorCode::UnsupportedEndpointType));
}

class DescribeTopicPartitionsTest : public MetadataTest {
 protected:
  // Pages through with `limit` partitions each: "topic-partition" of all.
  std::vector<std::string> page_through(int32_t limit, std::vector<std::string> names = {}) {
    protocol::DescribeTopicPartitionsRequest request;
    request.response_partition_limit = limit;
    for (const std::string& name : names) {
      request.topics.emplace_back().name = protocol::Text(name);
    }
    std::vector<std::string> seen;
    for (int page = 0; page < 100; ++page) {
      const auto answer = call(describe_topic_partitions, 0, request);
      for (const auto& topic : answer.topics) {
        for (const auto& partition : topic.partitions) {
          seen.push_back(fmt::format("{}-{}", topic.name->view(), partition.partition_index));
        }
      }
      if (!answer.next_cursor) {
        return seen;
      }
      auto& cursor = request.cursor.emplace();
      cursor.topic_name = answer.next_cursor->topic_name.str();
      cursor.partition_index = answer.next_cursor->partition_index;
    }
    ADD_FAILURE() << "paging does not end";
    return seen;
  }
};

TEST_F(DescribeTopicPartitionsTest, EveryPageSizeShowsEveryPartitionOnceInOrder) {
  create_topic("b", 3);
  create_topic("a", 2);
  create_topic("c", 1);
  const std::vector<std::string> all = {"a-0", "a-1", "b-0", "b-1", "b-2", "c-0"};
  for (int32_t limit = 1; limit < 8; ++limit) {
    EXPECT_EQ(page_through(limit), all) << "limit " << limit;
  }
  EXPECT_EQ(page_through(2, {"c", "b", "b"}), (std::vector<std::string>{"b-0", "b-1", "b-2", "c-0"}));
}

TEST_F(DescribeTopicPartitionsTest, ACursorOutsideOfTheNamedTopicsIsInvalid) {
  create_topic("a");
  protocol::DescribeTopicPartitionsRequest request;
  request.topics.emplace_back().name = "a";
  request.cursor.emplace().topic_name = "b";
  EXPECT_TRUE(call(describe_topic_partitions, 0, request).topics.at(0).error_code == number(ErrorCode::InvalidRequest));
}

TEST_F(DescribeTopicPartitionsTest, UnknownTopicsAreErrorsOfTheirOwn) {
  protocol::DescribeTopicPartitionsRequest request;
  request.topics.emplace_back().name = "nowhere";
  request.topics.emplace_back().name = "no where";
  const auto answer = call(describe_topic_partitions, 0, request);
  EXPECT_EQ(answer.topics.at(0).error_code, number(ErrorCode::InvalidTopicException));
  EXPECT_EQ(answer.topics.at(1).error_code, number(ErrorCode::UnknownTopicOrPartition));
}

}  // namespace
}  // namespace odradek::api
