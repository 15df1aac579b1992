#include "controller/topic_decisions.h"

#include <algorithm>

#include "controller/controller_fixture.h"

namespace odradek::controller {
namespace {

using protocol::ErrorCode;
using CreateRequest = protocol::CreateTopicsRequest;
using Creatable = CreateRequest::CreatableTopic;

Creatable topic(std::string name, int32_t partitions = 1, int16_t factor = 1) {
  Creatable result;
  result.name = protocol::Text(name);
  result.num_partitions = partitions;
  result.replication_factor = factor;
  return result;
}

Creatable with_config(Creatable result, std::string name, std::string value) {
  auto& config = result.configs.emplace_back();
  config.name = protocol::Text(name);
  config.value = protocol::Text(value);
  return result;
}

Creatable assigned(std::string name, const std::vector<std::pair<int32_t, std::vector<int32_t>>>& partitions) {
  Creatable result = topic(std::move(name), -1, -1);
  for (const auto& [index, replicas] : partitions) {
    auto& assignment = result.assignments.emplace_back();
    assignment.partition_index = index;
    assignment.broker_ids = replicas;
  }
  return result;
}

CreateRequest request(std::vector<Creatable> topics, bool validate_only = false) {
  CreateRequest result;
  result.topics = std::move(topics);
  result.validate_only = validate_only;
  return result;
}

class TopicDecisions : public DecisionTest {
 protected:
  protocol::CreateTopicsResponse create(std::vector<Creatable> topics) {
    auto decision = create_topics(state, context(), request(std::move(topics)));
    EXPECT_TRUE(decision.has_value());
    apply(decision->records);
    return decision->reply;
  }

  void expect_refused(const Creatable& wanted, ErrorCode code, std::string_view message) {
    const auto decision = create_topics(state, context(), request({wanted}));
    ASSERT_TRUE(decision.has_value());
    EXPECT_TRUE(decision->records.empty());
    ASSERT_EQ(decision->reply.topics.size(), 1U);
    EXPECT_EQ(decision->reply.topics[0].error_code, static_cast<int16_t>(code)) << wanted.name.view();
    EXPECT_TRUE(decision->reply.topics[0].error_message->view().starts_with(message))
        << decision->reply.topics[0].error_message->view();
  }
};

TEST_F(TopicDecisions, NamesAreRefusedAsKafkaRefusesThem) {
  create({topic("a.b")});
  expect_refused(topic(""), ErrorCode::InvalidTopicException, "Topic name is invalid: the empty string is not allowed");
  expect_refused(topic(".."), ErrorCode::InvalidTopicException, "Topic name is invalid: '..' is not allowed");
  expect_refused(topic("."), ErrorCode::InvalidTopicException, "Topic name is invalid: '.' is not allowed");
  const std::string long_name(250, 'a');
  expect_refused(topic(long_name), ErrorCode::InvalidTopicException,
                 "Topic name is invalid: the length of '" + long_name + "' is longer than the max allowed length 249");
  expect_refused(
      topic("a b"), ErrorCode::InvalidTopicException,
      "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' "
      "and '-'");
  expect_refused(topic("a_b"), ErrorCode::InvalidTopicException, "Topic 'a_b' collides with existing topic: a.b");
  expect_refused(topic("a.b"), ErrorCode::TopicAlreadyExists, "Topic 'a.b' already exists.");
}

TEST_F(TopicDecisions, CountsAndAssignmentsAreRefusedAsKafkaRefusesThem) {
  const std::string_view not_positive = "Number of partitions was set to an invalid non-positive value.";
  expect_refused(topic("x", 0), ErrorCode::InvalidPartitions, not_positive);
  expect_refused(topic("x", -5), ErrorCode::InvalidPartitions, not_positive);
  expect_refused(topic("x", 1, 0), ErrorCode::InvalidReplicationFactor,
                 "Replication factor must be larger than 0, or -1 to use the default value.");
  expect_refused(topic("x", 1, 2), ErrorCode::InvalidReplicationFactor,
                 "Unable to replicate the partition 2 time(s): The target replication factor of 2 cannot be reached "
                 "because only 1 broker(s) are registered or some brokers have all their log directories cordoned.");
  expect_refused(assigned("m", {{0, {1}}, {2, {1}}}), ErrorCode::InvalidReplicaAssignment,
                 "partitions should be a consecutive 0-based integer sequence");
  expect_refused(assigned("m", {{0, {1, 1}}}), ErrorCode::InvalidReplicaAssignment,
                 "The manual partition assignment includes the broker 1 more than once.");
  expect_refused(assigned("m", {{0, {7}}}), ErrorCode::InvalidReplicaAssignment,
                 "The manual partition assignment includes broker 7, but no such broker is registered.");
  expect_refused(assigned("m", {{0, {}}}), ErrorCode::InvalidReplicaAssignment,
                 "The manual partition assignment includes an empty replica list.");
  expect_refused(with_config(topic("c"), "foo", "bar"), ErrorCode::InvalidConfig, "Unknown topic config name: foo");
  expect_refused(with_config(topic("c"), "retention.ms", "abc"), ErrorCode::InvalidConfig,
                 "Invalid value abc for configuration retention.ms: Not a number of type LONG");
}

TEST_F(TopicDecisions, ATopicNamedTwiceIsRefusedAndTheOthersAreMade) {
  const auto response = create({topic("d"), topic("e"), topic("d", 2)});
  ASSERT_EQ(response.topics.size(), 2U);
  EXPECT_EQ(response.topics[0].error_code, static_cast<int16_t>(ErrorCode::InvalidRequest));
  EXPECT_EQ(*response.topics[0].error_message, "Duplicate topic name.");
  EXPECT_EQ(response.topics[1].error_code, 0);
  EXPECT_EQ(state.image().topic("d"), nullptr);
  EXPECT_NE(state.image().topic("e"), nullptr);
}

TEST_F(TopicDecisions, NewPartitionsAreLedHereAndTheAnswerListsTheConfigs) {
  const auto response = create({with_config(topic("x", 3), "retention.ms", "5"), topic("y", -1, -1)});
  ASSERT_EQ(response.topics.size(), 2U);
  EXPECT_EQ(response.topics[0].num_partitions, 3);
  EXPECT_EQ(response.topics[0].replication_factor, 1);
  EXPECT_EQ(response.topics[0].topic_id, state.image().topic("x")->id.uuid());
  const auto& configs = *response.topics[0].configs;
  const auto retention = std::ranges::find(configs, "retention.ms", [](const auto& one) { return one.name.view(); });
  ASSERT_NE(retention, configs.end());
  EXPECT_EQ(*retention->value, "5");
  EXPECT_EQ(retention->config_source, 1);
  EXPECT_EQ(response.topics[1].num_partitions, 1);
  for (int32_t index = 0; index < 3; ++index) {
    EXPECT_EQ(partition("x", index).leader, NodeId(1));
    EXPECT_EQ(partition("x", index).isr, std::vector<NodeId>{NodeId(1)});
    EXPECT_EQ(partition("x", index).directory_of(NodeId(1)), test_directory);
    EXPECT_EQ(partition("x", index).leader_epoch, LeaderEpoch(0));
  }
  EXPECT_EQ(state.image().configs(metadata::ConfigResourceType::Topic, "x"),
            (metadata::ConfigMap{{"retention.ms", "5"}}));
}

TEST_F(TopicDecisions, ValidateOnlyChangesNothing) {
  const auto decision = create_topics(state, context(), request({topic("x", 3)}, true));
  ASSERT_TRUE(decision.has_value());
  EXPECT_TRUE(decision->records.empty());
  EXPECT_EQ(decision->reply.topics[0].error_code, 0);
  EXPECT_EQ(decision->reply.topics[0].num_partitions, 3);
}

TEST_F(TopicDecisions, TooMuchAtOnceIsRefusedAsAWhole) {
  for (const int32_t count : {10'000, 10'001}) {
    const auto decision = create_topics(state, context(), request({topic("big", count)}));
    ASSERT_FALSE(decision.has_value());
    EXPECT_EQ(decision.error().code, Errc::PolicyViolation);
  }
  EXPECT_TRUE(create_topics(state, context(), request({topic("big", 9'999)})).has_value());
}

TEST_F(TopicDecisions, DeletionFindsTopicsByNameAndById) {
  create({topic("x"), topic("y"), topic("z")});
  protocol::DeleteTopicsRequest wanted;
  wanted.topics.emplace_back().name = protocol::Text("x");
  wanted.topics.emplace_back().topic_id = state.image().topic("y")->id.uuid();
  wanted.topics.emplace_back().name = protocol::Text("nope");
  wanted.topics.emplace_back().topic_id = Uuid(77, 77);
  auto& both = wanted.topics.emplace_back();
  both.name = protocol::Text("z");
  both.topic_id = state.image().topic("z")->id.uuid();
  const auto decision = delete_topics(state, context(), wanted, 6);
  ASSERT_TRUE(decision.has_value());
  EXPECT_EQ(apply(decision->records), 2U);
  const auto& results = decision->reply.responses;
  ASSERT_EQ(results.size(), 5U);
  EXPECT_EQ(results[0].error_code, 0);
  EXPECT_EQ(*results[1].name, "y");
  EXPECT_EQ(results[2].error_code, static_cast<int16_t>(ErrorCode::UnknownTopicOrPartition));
  EXPECT_EQ(results[3].error_code, static_cast<int16_t>(ErrorCode::UnknownTopicId));
  EXPECT_EQ(results[4].error_code, static_cast<int16_t>(ErrorCode::InvalidRequest));
  EXPECT_EQ(state.image().topic("x"), nullptr);
  EXPECT_NE(state.image().topic("z"), nullptr);
}

TEST_F(TopicDecisions, WhatADeletionNamesTwiceStays) {
  create({topic("x"), topic("y"), topic("z")});
  const Uuid y = state.image().topic("y")->id.uuid();
  const Uuid z = state.image().topic("z")->id.uuid();
  protocol::DeleteTopicsRequest wanted;
  wanted.topics.emplace_back().name = protocol::Text("x");
  wanted.topics.emplace_back().name = protocol::Text("x");
  wanted.topics.emplace_back().topic_id = y;
  wanted.topics.emplace_back().name = protocol::Text("y");
  wanted.topics.emplace_back().topic_id = z;
  wanted.topics.emplace_back().topic_id = z;
  const auto decision = delete_topics(state, context(), wanted, 6);
  ASSERT_TRUE(decision.has_value());
  EXPECT_TRUE(decision->records.empty());
  const auto& results = decision->reply.responses;
  ASSERT_EQ(results.size(), 3U) << "each is answered once";
  EXPECT_EQ(*results[0].error_message, "Duplicate topic name.");
  EXPECT_EQ(*results[1].name, "y");
  EXPECT_EQ(results[1].topic_id, y);
  EXPECT_EQ(*results[1].error_message, "The provided topic name maps to an ID that was already supplied.");
  EXPECT_EQ(results[2].topic_id, z);
  EXPECT_EQ(*results[2].error_message, "Duplicate topic id.");
}

TEST_F(TopicDecisions, AMistakenEntryMakesNoOtherADuplicate) {
  create({topic("x")});
  protocol::DeleteTopicsRequest wanted;
  wanted.topics.emplace_back().name = protocol::Text("x");
  auto& both = wanted.topics.emplace_back();
  both.name = protocol::Text("x");
  both.topic_id = state.image().topic("x")->id.uuid();
  const auto decision = delete_topics(state, context(), wanted, 6);
  ASSERT_TRUE(decision.has_value());
  EXPECT_EQ(decision->records.size(), 1U);
  ASSERT_EQ(decision->reply.responses.size(), 2U);
  EXPECT_EQ(decision->reply.responses[0].error_code, 0);
  EXPECT_EQ(decision->reply.responses[1].error_code, static_cast<int16_t>(ErrorCode::InvalidRequest));
}

class DeletionDisabled : public DecisionTest {
 protected:
  DeletionDisabled() : DecisionTest({{.key = "delete.topic.enable", .value = "false"}}) {}
};

TEST_F(DeletionDisabled, RefusesWithTheCodeOfTheVersion) {
  protocol::DeleteTopicsRequest wanted;
  wanted.topic_names = {protocol::Text("x")};
  EXPECT_EQ(delete_topics(state, context(), wanted, 2).error().code, Errc::InvalidRequest);
  EXPECT_EQ(delete_topics(state, context(), wanted, 3).error().code, Errc::TopicDeletionDisabled);
}

TEST_F(TopicDecisions, TopicsGrowAndNeverShrink) {
  create({topic("m", 2)});
  struct Row {
    int32_t count;
    std::optional<std::vector<std::vector<int32_t>>> assignments;
    ErrorCode code;
    std::string message;
  };
  const std::vector<Row> rows = {
      {2, {}, ErrorCode::InvalidPartitions, "Topic already has 2 partition(s)."},
      {1, {}, ErrorCode::InvalidPartitions, "The topic m currently has 2 partition(s); 1 would not be an increase."},
      {-1, {}, ErrorCode::InvalidPartitions, "The topic m currently has 2 partition(s); -1 would not be an increase."},
      {4,
       {{{1}}},
       ErrorCode::InvalidReplicaAssignment,
       "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified."},
      {3,
       {{{1, 1}}},
       ErrorCode::InvalidReplicaAssignment,
       "The manual partition assignment includes the broker 1 more than once."},
      {3,
       {{{9}}},
       ErrorCode::InvalidReplicaAssignment,
       "The manual partition assignment includes broker 9, but no such broker is registered."},
      {3,
       {{{}}},
       ErrorCode::InvalidReplicaAssignment,
       "The manual partition assignment includes an empty replica list."},
      {3, {}, ErrorCode::None, ""},
      {4, {{{1}}}, ErrorCode::None, ""},
  };
  for (const Row& row : rows) {
    protocol::CreatePartitionsRequest wanted;
    auto& one = wanted.topics.emplace_back();
    one.name = protocol::Text("m");
    one.count = row.count;
    one.assignments.reset();
    if (row.assignments) {
      one.assignments.emplace();
      for (const auto& replicas : *row.assignments) {
        one.assignments->emplace_back().broker_ids = replicas;
      }
    }
    const auto decision = create_partitions(state, wanted);
    ASSERT_TRUE(decision.has_value());
    EXPECT_EQ(decision->reply.results[0].error_code, static_cast<int16_t>(row.code)) << row.count;
    EXPECT_EQ(decision->reply.results[0].error_message.value_or(protocol::Text()), row.message);
    apply(decision->records);
  }
  EXPECT_EQ(state.image().topic("m")->partition_count(), 4);
}

}  // namespace
}  // namespace odradek::controller
