// Groups of the consumer protocol through their handlers, and groups with members of both protocols.
#include <set>

#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/consumer_group_describe.h"
#include "api/consumer_group_heartbeat.h"
#include "api/find_coordinator.h"
#include "api/heartbeat.h"
#include "api/join_group.h"
#include "api/leave_group.h"
#include "api/offset_commit.h"
#include "api/sync_group.h"
#include "coordinator/group/consumer_protocol.h"
#include "protocol/error_code.h"
#include "protocol/writer.h"

namespace odradek::api {

namespace {

using protocol::ConsumerGroupHeartbeatResponse;
using protocol::ErrorCode;
using protocol::Text;

ErrorCode code(int16_t raw) { return static_cast<ErrorCode>(raw); }

using Read = std::set<int32_t>;

class ConsumerGroupsTest : public ApiTest {
 protected:
  struct New {
    std::string id;
    std::string instance = {};
    int32_t epoch = 0;
    Read reads = {};
  };
  struct Classic {
    std::string id;
    std::string instance = {};
    int32_t generation = -1;
    Read reads = {};
  };

  ConsumerGroupsTest() {
    topic_ = create_topic("t", 4);
    protocol::FindCoordinatorRequest request;
    request.coordinator_keys = {Text("mine")};
    EXPECT_EQ(call(find_coordinator, 4, std::move(request)).coordinators.at(0).error_code, 0);
    while (describe().error_code != static_cast<int16_t>(ErrorCode::GroupIdNotFound)) {  // it loads
      pass(1);
    }
  }

  static runtime::Task<void> nap(int64_t ms) { co_await runtime::sleep_for(std::chrono::milliseconds(ms)); }
  void pass(int64_t ms) { run(nap(ms)); }

  // The group's coordinator begins anew, with these options.
  void reload(const coordinator::GroupOptions& options) {
    cluster.group_options = options;
    run(cluster.reload_groups());
    while (code(describe().error_code) == ErrorCode::CoordinatorLoadInProgress) {
      pass(1);
    }
  }

  ErrorCode beat(New& member) {
    protocol::ConsumerGroupHeartbeatRequest request;
    request.group_id = Text("mine");
    request.member_id = Text::owned(member.id);
    request.member_epoch = member.epoch;
    if (!member.instance.empty()) {
      request.instance_id = Text::owned(member.instance);
    }
    if (member.epoch == 0) {
      request.rebalance_timeout_ms = 30'000;
      request.subscribed_topic_names.emplace().emplace_back("t");
    }
    request.topic_partitions.emplace();
    if (member.epoch > 0 && !member.reads.empty()) {
      request.topic_partitions->push_back({.topic_id = topic_.uuid(),
                                           .partitions = std::vector(member.reads.begin(), member.reads.end()),
                                           .unknown_tags = {}});
    }
    const ConsumerGroupHeartbeatResponse answer = call(consumer_group_heartbeat, 1, std::move(request));
    if (answer.error_code == 0) {
      member.epoch = answer.member_epoch;
      if (answer.assignment) {
        member.reads.clear();
        for (const auto& one : answer.assignment->topic_partitions) {
          member.reads.insert(one.partitions.begin(), one.partitions.end());
        }
      }
    }
    return code(answer.error_code);
  }

  ErrorCode leave(const New& member) {
    protocol::ConsumerGroupHeartbeatRequest request;
    request.group_id = Text("mine");
    request.member_id = Text::owned(member.id);
    request.member_epoch = -1;
    return code(call(consumer_group_heartbeat, 1, std::move(request)).error_code);
  }

  // Of one who still reads these.
  static Bytes subscription(std::vector<int32_t> owned = {}) {
    protocol::ConsumerProtocolSubscription message;
    message.topics.emplace_back("t");
    if (!owned.empty()) {
      auto& topic = message.owned_partitions.emplace_back();
      topic.topic = Text("t");
      topic.partitions = std::move(owned);
    }
    protocol::Writer out;
    out.integer(int16_t{1});
    message.encode(out, 1);
    return *std::move(out).finish_bytes();
  }

  // Joins and syncs, as an eager client does: without partitions. Alone in its group it takes all.
  ErrorCode join(Classic& member, Bytes metadata = subscription()) {
    const protocol::JoinGroupResponse joined = join_only(member, std::move(metadata));
    return joined.error_code == 0 ? sync(member, joined.leader.view()) : code(joined.error_code);
  }

  protocol::JoinGroupResponse join_only(Classic& member, Bytes metadata = subscription()) {
    protocol::JoinGroupResponse joined;
    for (int attempt = 0; attempt < 2; ++attempt) {
      protocol::JoinGroupRequest request;
      request.group_id = Text("mine");
      request.member_id = Text::owned(member.id);
      if (!member.instance.empty()) {
        request.group_instance_id = Text::owned(member.instance);
      }
      request.protocol_type = Text("consumer");
      request.session_timeout_ms = 10'000;
      request.rebalance_timeout_ms = 10'000;
      request.protocols.push_back({.name = Text("range"), .metadata = Blob(Bytes(metadata)), .unknown_tags = {}});
      joined = call(join_group, 9, std::move(request));
      member.id = joined.member_id.str();
      if (code(joined.error_code) != ErrorCode::MemberIdRequired) {
        break;
      }
    }
    member.generation = joined.generation_id;
    return joined;
  }

  ErrorCode sync(Classic& member, std::string_view leader = {}) {
    protocol::SyncGroupRequest request;
    request.group_id = Text("mine");
    request.member_id = Text::owned(member.id);
    request.generation_id = member.generation;
    request.protocol_type = Text("consumer");
    request.protocol_name = Text("range");
    if (leader == member.id) {
      const coordinator::Assignment all{{.topic = topic_, .partitions = {0, 1, 2, 3}}};
      request.assignments.push_back({.member_id = Text::owned(member.id),
                                     .assignment = Blob(coordinator::write_assignment(all, *services().image(), 1)),
                                     .unknown_tags = {}});
    }
    const auto synced = call(sync_group, 5, std::move(request));
    member.reads.clear();
    if (synced.error_code == 0) {
      const auto mine = coordinator::read_assignment(synced.assignment.view());
      EXPECT_TRUE(mine.has_value());
      for (const auto& one : mine->assigned_partitions) {
        member.reads.insert(one.partitions.begin(), one.partitions.end());
      }
    }
    return code(synced.error_code);
  }

  ErrorCode beat(const Classic& member) {
    protocol::HeartbeatRequest request;
    request.group_id = Text("mine");
    request.member_id = Text::owned(member.id);
    request.generation_id = member.generation;
    return code(call(heartbeat, 4, std::move(request)).error_code);
  }

  void leave(const Classic& member) { EXPECT_EQ(remove(member.id), ErrorCode::None); }

  ErrorCode remove(std::string_view member) {
    protocol::LeaveGroupRequest request;
    request.group_id = Text("mine");
    request.members.emplace_back().member_id = Text::owned(member);
    return code(call(leave_group, 5, std::move(request)).members.at(0).error_code);
  }

  protocol::ConsumerGroupDescribeResponse::DescribedGroup describe() {
    protocol::ConsumerGroupDescribeRequest request;
    request.group_ids = {Text("mine")};
    return call(consumer_group_describe, 1, std::move(request)).groups.at(0);
  }

  ErrorCode commit(std::string_view member, int32_t epoch, int32_t partition) {
    protocol::OffsetCommitRequest request;
    request.group_id = Text("mine");
    request.member_id = Text::owned(member);
    request.generation_id_or_member_epoch = epoch;
    auto& topic = request.topics.emplace_back();
    topic.name = Text("t");
    topic.partitions.emplace_back().partition_index = partition;
    return code(call(offset_commit, 9, std::move(request)).topics.at(0).partitions.at(0).error_code);
  }

  TopicId topic_;
};

}  // namespace

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

TEST_F(ConsumerGroupsTest, AClassicGroupBecomesOneOfConsumersAndBack) {
  Classic old;
  EXPECT_EQ(join(old), ErrorCode::None);
  EXPECT_EQ(old.reads.size(), 4U);
  New fresh{.id = "fresh"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_TRUE(fresh.reads.empty());
  EXPECT_EQ(describe().members.size(), 2U);

  // The classic member is told to join again, and keeps half.
  EXPECT_EQ(beat(old), ErrorCode::RebalanceInProgress);
  EXPECT_EQ(join(old), ErrorCode::None);
  EXPECT_EQ(old.reads.size(), 2U);
  EXPECT_EQ(beat(old), ErrorCode::None);
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(fresh.reads.size(), 2U);
  for (const int32_t partition : fresh.reads) {
    EXPECT_FALSE(old.reads.contains(partition));
  }
  EXPECT_EQ(commit(old.id, old.generation, *old.reads.begin()), ErrorCode::None);
  EXPECT_EQ(commit(old.id, old.generation - 1, *old.reads.begin()), ErrorCode::None);  // had it then, too
  EXPECT_EQ(commit(old.id, old.generation - 1, *fresh.reads.begin()), ErrorCode::IllegalGeneration);
  EXPECT_EQ(commit(old.id, old.generation + 1, *old.reads.begin()), ErrorCode::IllegalGeneration);

  // The last member of the new protocol goes: a classic group again.
  EXPECT_EQ(leave(fresh), ErrorCode::None);
  EXPECT_EQ(code(describe().error_code), ErrorCode::GroupIdNotFound);
  EXPECT_EQ(beat(old), ErrorCode::RebalanceInProgress);
  EXPECT_EQ(join(old), ErrorCode::None);
  EXPECT_EQ(old.reads.size(), 4U);
}

TEST_F(ConsumerGroupsTest, WhatAMemberHasYetToGiveUpStaysItsOwnWhenTheProtocolChangesTwice) {
  Classic old;
  EXPECT_EQ(join(old), ErrorCode::None);
  New fresh{.id = "fresh"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(beat(old), ErrorCode::RebalanceInProgress);
  // It keeps half, and reads the rest until it has heard so.
  EXPECT_EQ(join_only(old, subscription({0, 1, 2, 3})).error_code, 0);
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_TRUE(fresh.reads.empty());

  EXPECT_EQ(leave(fresh), ErrorCode::None);  // a classic group ...
  New other{.id = "other"};
  EXPECT_EQ(beat(other), ErrorCode::None);  // ... and again one of consumers
  EXPECT_EQ(describe().members.size(), 2U);
  EXPECT_TRUE(other.reads.empty());
}

TEST_F(ConsumerGroupsTest, AStaticMemberIsStartedAgainWithTheNewProtocol) {
  Classic old{.id = "", .instance = "i"};
  EXPECT_EQ(join(old), ErrorCode::None);
  New fresh{.id = "fresh", .instance = "i"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(fresh.reads.size(), 4U);
  EXPECT_EQ(describe().members.size(), 1U);
  New other{.id = "other", .instance = "i"};
  EXPECT_EQ(beat(other), ErrorCode::UnreleasedInstanceId);
}

TEST_F(ConsumerGroupsTest, TheLastStaticMemberThatGoesBackDisturbsNobody) {
  New fresh{.id = "fresh", .instance = "f"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  pass(1'100);
  Classic old{.id = "", .instance = "o"};
  EXPECT_EQ(join(old), ErrorCode::None);
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(beat(old), ErrorCode::RebalanceInProgress);
  EXPECT_EQ(join(old), ErrorCode::None);
  EXPECT_EQ(describe().group_state, "Stable");

  Classic back{.id = "", .instance = "f"};
  EXPECT_EQ(join(back), ErrorCode::None);
  EXPECT_EQ(code(describe().error_code), ErrorCode::GroupIdNotFound);
  EXPECT_EQ(back.reads, fresh.reads);
  EXPECT_EQ(beat(old), ErrorCode::None);
  EXPECT_EQ(beat(back), ErrorCode::None);
  reload({});
  EXPECT_EQ(beat(old), ErrorCode::None);
}

TEST_F(ConsumerGroupsTest, AClassicMemberJoinsAGroupOfConsumers) {
  New fresh{.id = "fresh"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  pass(1'100);
  Classic old;
  EXPECT_EQ(join(old), ErrorCode::None);
  EXPECT_TRUE(old.reads.empty());
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(fresh.reads.size(), 2U);
  EXPECT_EQ(beat(old), ErrorCode::RebalanceInProgress);
  EXPECT_EQ(join(old), ErrorCode::None);
  EXPECT_EQ(old.reads.size(), 2U);
  leave(old);
  pass(1'100);
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(fresh.reads.size(), 4U);
  EXPECT_EQ(describe().members.size(), 1U);
}

TEST_F(ConsumerGroupsTest, AClassicMemberThatJoinsBetweenTwoTargetsSyncsAndWaits) {
  New fresh{.id = "fresh"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  Classic old;
  EXPECT_EQ(join(old), ErrorCode::None);  // there is no target with it yet, and may be none for seconds
  EXPECT_TRUE(old.reads.empty());
  EXPECT_EQ(beat(old), ErrorCode::None);
  pass(1'100);
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(beat(old), ErrorCode::RebalanceInProgress);
}

TEST_F(ConsumerGroupsTest, WithoutMigrationNoClassicMemberJoinsConsumers) {
  coordinator::GroupOptions options;
  coordinator::ConsumerOptions own;
  own.migration_policy = coordinator::MigrationPolicy::Disabled;
  options.consumer = std::make_shared<const coordinator::ConsumerOptions>(own);
  reload(options);
  New fresh{.id = "fresh"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  Classic old;
  EXPECT_EQ(join(old), ErrorCode::InconsistentGroupProtocol);
  EXPECT_EQ(leave(fresh), ErrorCode::None);
  EXPECT_EQ(join(old), ErrorCode::None);
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

TEST_F(ConsumerGroupsTest, AClassicMemberThatJoinsAndDoesNotSyncIsFenced) {
  New fresh{.id = "fresh"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  Classic old;
  EXPECT_EQ(join_only(old).error_code, 0);
  for (int i = 0; i < 4; ++i) {  // its rebalance timeout is 10 s, its session as long
    pass(2'000);
    EXPECT_NE(beat(old), ErrorCode::UnknownMemberId);
    EXPECT_EQ(beat(fresh), ErrorCode::None);
  }
  EXPECT_EQ(describe().members.size(), 2U);
  pass(2'100);
  EXPECT_EQ(beat(old), ErrorCode::UnknownMemberId);
  EXPECT_EQ(describe().members.size(), 1U);
}

TEST_F(ConsumerGroupsTest, GarbageOfClassicMembersIsRefusedAndHarmsNobody) {
  New fresh{.id = "fresh"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  Classic odd;
  EXPECT_EQ(join(odd, Bytes{0, 1, 0xFF, 0xFF, 0xFF, 0x7F}), ErrorCode::InconsistentGroupProtocol);
  EXPECT_EQ(join(odd, Bytes{}), ErrorCode::InconsistentGroupProtocol);
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(leave(fresh), ErrorCode::None);

  Classic first;
  EXPECT_EQ(join(first, Bytes{9, 9}), ErrorCode::None);  // classic groups never look
  New late{.id = "late"};
  EXPECT_EQ(beat(late), ErrorCode::GroupIdNotFound);  // nobody knows what the other reads
}

}  // namespace odradek::api
