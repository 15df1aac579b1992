// Groups of the consumer protocol through their handlers.
#include "api/consumer_groups_fixture.h"

namespace odradek::api {

namespace {

TEST_F(ConsumerGroupsTest, TwoMembersShareAndAreDescribed) {
  New a{.id = "a"};
  New b{.id = "b"};
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(a.reads.size(), 4U);
  pass(1'100);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(beat(b), ErrorCode::None);
    EXPECT_EQ(beat(a), ErrorCode::None);
  }
  EXPECT_EQ(a.reads.size(), 2U);
  EXPECT_EQ(b.reads.size(), 2U);
  const auto group = describe();
  EXPECT_EQ(group.group_state, "Stable");
  EXPECT_EQ(group.assignor_name, "uniform");
  ASSERT_EQ(group.members.size(), 2U);
  EXPECT_EQ(group.members[0].member_type, 1);
  EXPECT_EQ(group.members[0].assignment.topic_partitions.at(0).topic_name, "t");
}

TEST_F(ConsumerGroupsTest, ASilentMemberGoesWhenItsSessionEnds) {
  New a{.id = "a"};
  New b{.id = "b"};
  EXPECT_EQ(beat(a), ErrorCode::None);
  pass(2'000);
  EXPECT_EQ(beat(b), ErrorCode::None);
  for (int i = 0; i < 50; ++i) {
    pass(1'000);
    EXPECT_EQ(beat(b), ErrorCode::None);
  }
  EXPECT_EQ(b.reads.size(), 4U);
  EXPECT_EQ(beat(a), ErrorCode::UnknownMemberId);
  EXPECT_EQ(describe().members.size(), 1U);
}

TEST_F(ConsumerGroupsTest, ASessionThatItsGroupMakesShorterEndsInTime) {
  coordinator::GroupOptions options;
  options.consumer_of = [](const auto&) {
    coordinator::ConsumerOptions own;
    own.session_timeout = std::chrono::seconds(5);
    return std::make_shared<const coordinator::ConsumerOptions>(own);
  };
  reload(options);
  New a{.id = "a"};
  EXPECT_EQ(beat(a), ErrorCode::None);
  protocol::ConfigRecord change;
  change.resource_type = 32;
  change.resource_name = "mine";
  change.name = "consumer.session.timeout.ms";
  change.value = "5000";
  apply({change});
  pass(6'000);
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(describe().members.size(), 1U);
  pass(6'000);
  EXPECT_TRUE(describe().members.empty());
}

TEST_F(ConsumerGroupsTest, NewPartitionsAreSeenThoughAStaticMemberGoesFirst) {
  New stays{.id = "stays"};
  New goes{.id = "goes", .instance = "i"};
  EXPECT_EQ(beat(stays), ErrorCode::None);
  EXPECT_EQ(beat(goes), ErrorCode::None);
  pass(1'100);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(beat(stays), ErrorCode::None);
    EXPECT_EQ(beat(goes), ErrorCode::None);
  }
  EXPECT_EQ(stays.reads.size() + goes.reads.size(), 4U);

  add_partition("t", 4);
  New away = goes;
  away.epoch = -2;
  EXPECT_EQ(beat(away), ErrorCode::None);
  pass(1'100);
  New back{.id = "back", .instance = "i"};
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(beat(back), ErrorCode::None);
    EXPECT_EQ(beat(stays), ErrorCode::None);
    pass(1'100);
  }
  EXPECT_EQ(stays.reads.size() + back.reads.size(), 5U);
}

TEST_F(ConsumerGroupsTest, TheGroupIsThereAfterTheCoordinatorMoved) {
  New a{.id = "a"};
  EXPECT_EQ(beat(a), ErrorCode::None);
  run(cluster.reload_groups());
  ErrorCode error = beat(a);
  while (error == ErrorCode::CoordinatorLoadInProgress) {
    pass(1);
    error = beat(a);
  }
  EXPECT_EQ(error, ErrorCode::None);
  EXPECT_EQ(a.reads.size(), 4U);
  EXPECT_EQ(describe().group_state, "Stable");
}

TEST_F(ConsumerGroupsTest, CommitsAreCheckedAgainstMemberEpochs) {
  New a{.id = "a"};
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(commit("a", a.epoch, 0), ErrorCode::None);
  EXPECT_EQ(commit("a", a.epoch - 1, 0), ErrorCode::StaleMemberEpoch);
  EXPECT_EQ(commit("a", a.epoch + 1, 0), ErrorCode::StaleMemberEpoch);
  EXPECT_EQ(commit("b", a.epoch, 0), ErrorCode::UnknownMemberId);
}

TEST_F(ConsumerGroupsTest, AStaleCommitOfOnePartitionRefusesAll) {
  New a{.id = "a"};
  New b{.id = "b"};
  EXPECT_EQ(beat(a), ErrorCode::None);
  const int32_t before = a.epoch;
  pass(1'100);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(beat(b), ErrorCode::None);
    EXPECT_EQ(beat(a), ErrorCode::None);
  }
  EXPECT_EQ(commit("a", before, *a.reads.begin()), ErrorCode::None);
  protocol::OffsetCommitRequest request;
  request.group_id = Text("mine");
  request.member_id = Text("a");
  request.generation_id_or_member_epoch = before;
  auto& topic = request.topics.emplace_back();
  topic.name = Text("t");
  topic.partitions.emplace_back().partition_index = *a.reads.begin();
  topic.partitions.emplace_back().partition_index = *b.reads.begin();
  const auto refused = call(offset_commit, 9, std::move(request));
  for (const auto& partition : refused.topics.at(0).partitions) {
    EXPECT_EQ(code(partition.error_code), ErrorCode::StaleMemberEpoch);
  }
}

TEST_F(ConsumerGroupsTest, AnAdministratorRemovesAMemberOfTheNewProtocol) {
  New a{.id = "a"};
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(remove("b"), ErrorCode::UnknownMemberId);
  EXPECT_EQ(remove("a"), ErrorCode::None);
  EXPECT_EQ(beat(a), ErrorCode::UnknownMemberId);
}

TEST_F(ConsumerGroupsTest, WhatHasToBeGivenUpIsDescribedUntilItIs) {
  New a{.id = "a"};
  New b{.id = "b"};
  EXPECT_EQ(beat(a), ErrorCode::None);
  pass(1'100);
  EXPECT_EQ(beat(b), ErrorCode::None);
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(a.reads.size(), 2U);
  EXPECT_EQ(describe().members.at(0).assignment.topic_partitions.at(0).partitions.size(), 4U);
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(describe().members.at(0).assignment.topic_partitions.at(0).partitions.size(), 2U);
}

runtime::Task<void> ask(RequestContext& context, const protocol::ConsumerGroupHeartbeatRequest& request,
                        std::optional<protocol::ConsumerGroupHeartbeatResponse>& answer) {
  answer = co_await consumer_group_heartbeat(context, request);
}

TEST_F(ConsumerGroupsTest, AnExpressionThatTakesLongMakesNobodyWait) {
  coordinator::ConsumerOptions at_once;
  at_once.assignment_interval = std::chrono::milliseconds(0);
  coordinator::GroupOptions options;
  options.consumer = std::make_shared<const coordinator::ConsumerOptions>(at_once);
  reload(options);
  const std::string rest(240, 'x');
  for (int i = 0; i < 60; ++i) {
    create_topic(fmt::format("{:0>3}{}", i, rest));
  }
  protocol::ConsumerGroupHeartbeatRequest costly;
  costly.group_id = Text("mine");
  costly.member_id = Text("slow");
  costly.rebalance_timeout_ms = 30'000;
  costly.subscribed_topic_regex = Text("0(?:.?){1000}x");
  costly.topic_partitions.emplace();
  std::optional<ConsumerGroupHeartbeatResponse> answer;
  runtime::TaskGroup tasks;
  tasks.spawn(ask(context(protocol::ApiKey::ConsumerGroupHeartbeat, 1), costly, answer));
  New quick{.id = "quick"};
  EXPECT_EQ(beat(quick), ErrorCode::None);
  EXPECT_FALSE(answer.has_value()) << "it looks at 60 names, a few at a time";
  create_topic("0" + rest);
  run(tasks.join());
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error_code, 0);
  ASSERT_TRUE(answer->assignment.has_value());
  EXPECT_GE(answer->assignment->topic_partitions.size(), 60U);

  protocol::ConsumerGroupHeartbeatRequest next;
  next.group_id = Text("mine");
  next.member_id = Text("slow");
  next.member_epoch = answer->member_epoch;
  for (int i = 0; i < 2; ++i) {
    next.member_epoch = call(consumer_group_heartbeat, 1, next).member_epoch;
  }
  const auto group = describe();
  ASSERT_EQ(group.members.size(), 2U);
  EXPECT_EQ(group.members[1].member_id, "slow");
  EXPECT_EQ(group.members[1].assignment.topic_partitions.size(), 61U) << "the topic that came meanwhile as well";

  create_topic("1" + rest);
  answer.reset();
  tasks.spawn(ask(context(protocol::ApiKey::ConsumerGroupHeartbeat, 1), next, answer));
  EXPECT_EQ(beat(quick), ErrorCode::None);
  EXPECT_FALSE(answer.has_value()) << "one member's heartbeat matches again, for all of them";
  run(tasks.join());
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error_code, 0);
}

TEST_F(ConsumerGroupsTest, WhereTheProtocolIsNotServedItIsRefused) {
  const std::vector<config::Property> properties{{"group.coordinator.rebalance.protocols", "classic"}};
  auto loaded = config::BrokerConfig::load(properties, {.root = false, .home = "/home/test"});
  ASSERT_TRUE(loaded.has_value());
  services().config = std::make_shared<const config::BrokerConfig>(*std::move(loaded));
  New fresh{.id = "fresh"};
  EXPECT_EQ(beat(fresh), ErrorCode::UnsupportedVersion);
  EXPECT_EQ(code(describe().error_code), ErrorCode::UnsupportedVersion);
  EXPECT_EQ(describe().group_id, "mine");
  Classic old;
  EXPECT_EQ(join(old), ErrorCode::None);
}

}  // namespace

}  // namespace odradek::api
