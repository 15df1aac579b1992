// What a member of a consumer group is told while it gives up partitions.
#include "coordinator/group/reconcile.h"

#include "coordinator/group/consumer_group_fixture.h"

namespace odradek::coordinator {

namespace {

Assignment only(TopicId topic, std::vector<int32_t> partitions) {
  return {{.topic = topic, .partitions = std::move(partitions)}};
}

}  // namespace

TEST_F(ConsumerGroupTest, WhoMustGiveUpMoreStaysInItsEpoch) {
  topic("t", 6);
  options_.assignment_interval = std::chrono::milliseconds(0);
  TestMember a = member("a", {"t"});
  TestMember b = member("b", {"t"});
  TestMember c = member("c", {"t"});
  for (TestMember* who : {&a, &b, &c}) {
    who->assignor = "range";
  }
  beat(a);
  beat(b);
  beat(a);
  EXPECT_EQ(a.owned, only(id_of("t"), {0, 1, 2}));
  EXPECT_EQ(a.epoch, 2);
  beat(c);
  beat(a);  // has given up three, and hears of one more
  EXPECT_EQ(a.owned, only(id_of("t"), {0, 1}));
  EXPECT_EQ(a.epoch, 2);
  beat(a);
  EXPECT_EQ(a.epoch, 4);
}

TEST_F(ConsumerGroupTest, WhoUnsubscribesWhileItGivesUpIsNotLeftWithTheTopic) {
  topic("t", 4);
  topic("u", 1);
  options_.assignment_interval = std::chrono::milliseconds(0);
  TestMember a = member("a", {"t"});
  TestMember b = member("b", {"t"});
  a.is_slow = true;
  beat(a);
  a.owned = a.assigned;
  beat(b);
  beat(a);
  EXPECT_EQ(partition_count(a.assigned), 2U);
  ConsumerHeartbeatRequest request = request_of(a);
  request.subscribed_topic_names.emplace().emplace_back("u");
  const auto told = send(request);
  ASSERT_TRUE(told.assignment.has_value());
  EXPECT_TRUE(told.assignment->topic_partitions.empty());
  EXPECT_EQ(told.member_epoch, 2);
  a.owned.clear();
  beat(a);
  EXPECT_EQ(a.assigned, only(id_of("u"), {0}));
  EXPECT_EQ(a.epoch, 4);
}

TEST_F(ConsumerGroupTest, WhatAMemberHasJustGivenUpItMayHaveAgainAtOnce) {
  topic("t", 4);
  topic("u", 1);
  options_.assignment_interval = std::chrono::milliseconds(0);
  TestMember a = member("a", {"t"});
  beat(a);
  const auto subscribe = [&](std::string_view name, bool has_given_up) {
    ConsumerHeartbeatRequest request = request_of(a);
    request.subscribed_topic_names.emplace().emplace_back(name);
    request.topic_partitions.reset();
    if (has_given_up) {
      request.topic_partitions.emplace();
    }
    return send(request);
  };
  EXPECT_TRUE(subscribe("u", false).assignment->topic_partitions.empty());
  const auto again = subscribe("t", true);
  ASSERT_TRUE(again.assignment.has_value());
  EXPECT_EQ(again.assignment->topic_partitions.at(0).partitions.size(), 4U);
}

}  // namespace odradek::coordinator
