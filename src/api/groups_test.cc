// Classic groups and offsets through their handlers.
#include <limits>
#include <map>

#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/delete_groups.h"
#include "api/describe_groups.h"
#include "api/find_coordinator.h"
#include "api/heartbeat.h"
#include "api/join_group.h"
#include "api/leave_group.h"
#include "api/list_groups.h"
#include "api/offset_commit.h"
#include "api/offset_delete.h"
#include "api/offset_fetch.h"
#include "api/sync_group.h"
#include "coordinator/group/offset_calls.h"
#include "protocol/error_code.h"
#include "runtime/task_group.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using protocol::Text;

ErrorCode code(int16_t raw) { return static_cast<ErrorCode>(raw); }

class GroupsTest : public ApiTest {
 protected:
  GroupsTest() : GroupsTest(replication::TopicRules()) {}
  // The offsets topic has these rules.
  explicit GroupsTest(const replication::TopicRules& rules) {
    cluster.rules["__consumer_offsets"] = rules;
    protocol::FindCoordinatorRequest request;
    request.coordinator_keys = {Text("mine")};
    const auto found = call(find_coordinator, 4, std::move(request));
    EXPECT_EQ(code(found.coordinators.at(0).error_code), ErrorCode::None);
    EXPECT_EQ(found.coordinators.at(0).port, 9092);
    while (beat("nobody", 0) != ErrorCode::UnknownMemberId) {  // it loads
      run(nap());
    }
  }

  static runtime::Task<void> nap() { co_await runtime::sleep_for(std::chrono::milliseconds(1)); }

  protocol::JoinGroupResponse join(std::string_view member, int16_t version = 9) {
    protocol::JoinGroupRequest request;
    request.group_id = Text("mine");
    request.member_id = Text::owned(member);
    request.protocol_type = Text("consumer");
    request.session_timeout_ms = 10'000;
    request.rebalance_timeout_ms = 10'000;
    auto& offer = request.protocols.emplace_back();
    offer.name = Text("range");
    return call(join_group, version, std::move(request));
  }

  ErrorCode beat(std::string_view member, int32_t generation) {
    protocol::HeartbeatRequest request;
    request.group_id = Text("mine");
    request.member_id = Text::owned(member);
    request.generation_id = generation;
    return code(call(heartbeat, 4, std::move(request)).error_code);
  }

  std::string join_and_sync() {
    const std::string member = join("").member_id.str();
    const auto joined = join(member);
    EXPECT_EQ(code(joined.error_code), ErrorCode::None);
    protocol::SyncGroupRequest request;
    request.group_id = Text("mine");
    request.member_id = Text(member);
    request.generation_id = joined.generation_id;
    request.protocol_type = Text("consumer");
    request.protocol_name = Text("range");
    auto& given = request.assignments.emplace_back();
    given.member_id = Text(member);
    given.assignment = Blob(Bytes{1, 2, 3});
    const auto synced = call(sync_group, 5, std::move(request));
    EXPECT_EQ(code(synced.error_code), ErrorCode::None);
    EXPECT_EQ(synced.assignment.size(), 3U);
    return member;
  }

  ErrorCode commit(std::string_view topic, int64_t offset, std::string_view member = "", int32_t generation = -1) {
    protocol::OffsetCommitRequest request;
    request.group_id = Text("mine");
    request.member_id = Text::owned(member);
    request.generation_id_or_member_epoch = generation;
    auto& wanted = request.topics.emplace_back();
    wanted.name = Text::owned(topic);
    auto& partition = wanted.partitions.emplace_back();
    partition.committed_offset = offset;
    partition.committed_metadata = Text("note");
    return code(call(offset_commit, 8, std::move(request)).topics.at(0).partitions.at(0).error_code);
  }

  int64_t committed(std::string_view topic) {
    protocol::OffsetFetchRequest request;
    auto& group = request.groups.emplace_back();
    group.group_id = Text("mine");
    auto& wanted = group.topics.emplace().emplace_back();
    wanted.name = Text::owned(topic);
    wanted.partition_indexes = {0, 0};
    const auto fetched = call(offset_fetch, 8, std::move(request));
    EXPECT_EQ(fetched.groups.at(0).error_code, 0);
    const auto& partitions = fetched.groups.at(0).topics.at(0).partitions;
    EXPECT_EQ(partitions.size(), partitions.at(0).metadata->empty() ? 2U : 1U) << "what may be long is told once";
    return partitions.at(0).committed_offset;
  }

  std::vector<std::string> groups_of(std::vector<std::string> states) {
    protocol::ListGroupsRequest request;
    for (const std::string& state : states) {
      request.states_filter.emplace_back(state);
    }
    std::vector<std::string> groups;
    for (const auto& group : call(list_groups, 5, std::move(request)).groups) {
      groups.push_back(group.group_id.str() + " " + group.group_state.str() + " " + group.group_type.str());
    }
    return groups;
  }

  ErrorCode remove() {
    protocol::DeleteGroupsRequest request;
    request.groups_names = {Text("mine")};
    return code(call(delete_groups, 2, std::move(request)).results.at(0).error_code);
  }
};

}  // namespace

TEST_F(GroupsTest, AMemberJoinsCommitsAndLeaves) {
  create_topic("t");
  const std::string member = join_and_sync();
  EXPECT_EQ(beat(member, 1), ErrorCode::None);
  EXPECT_EQ(commit("t", 7, member, 1), ErrorCode::None);
  EXPECT_EQ(commit("t", 8, member, 2), ErrorCode::IllegalGeneration);
  EXPECT_EQ(commit("none", 8, member, 1), ErrorCode::UnknownTopicOrPartition);
  EXPECT_EQ(committed("t"), 7);
  EXPECT_EQ(groups_of({}), std::vector<std::string>{"mine Stable classic"});
  EXPECT_TRUE(groups_of({"empty"}).empty());
  EXPECT_EQ(remove(), ErrorCode::NonEmptyGroup);

  protocol::LeaveGroupRequest leave;
  leave.group_id = Text("mine");
  leave.members.emplace_back().member_id = Text(member);
  const auto left = call(leave_group, 5, std::move(leave));
  EXPECT_EQ(left.members.at(0).error_code, 0);
  EXPECT_EQ(groups_of({"EMPTY"}), std::vector<std::string>{"mine Empty classic"});
  EXPECT_EQ(committed("t"), 7);
  EXPECT_EQ(remove(), ErrorCode::None);
  EXPECT_EQ(remove(), ErrorCode::GroupIdNotFound);
  EXPECT_EQ(committed("t"), -1);
}

TEST_F(GroupsTest, ARefusedJoinNamesNoProtocol) {
  const auto first = join("", 9);
  EXPECT_EQ(code(first.error_code), ErrorCode::MemberIdRequired);
  EXPECT_FALSE(first.protocol_name.has_value());
  EXPECT_FALSE(first.protocol_type.has_value());
  const auto old = join("stranger", 6);
  EXPECT_EQ(code(old.error_code), ErrorCode::UnknownMemberId);
  EXPECT_TRUE(old.protocol_name.has_value());  // may not be null yet
}

TEST_F(GroupsTest, WhoSyncsSaysItsProtocol) {
  const std::string member = join_and_sync();
  for (const int16_t version : {int16_t{4}, int16_t{5}}) {
    protocol::SyncGroupRequest request;
    request.group_id = Text("mine");
    request.member_id = Text(member);
    request.generation_id = 1;
    request.protocol_type = Text("consumer");
    const auto synced = call(sync_group, version, std::move(request));
    EXPECT_EQ(code(synced.error_code), version < 5 ? ErrorCode::None : ErrorCode::InconsistentGroupProtocol);
  }
}

TEST_F(GroupsTest, AGroupNamedTwiceIsDeletedOnce) {
  create_topic("t");
  EXPECT_EQ(commit("t", 7), ErrorCode::None);
  protocol::DeleteGroupsRequest request;
  request.groups_names = {Text("mine"), Text("mine"), Text("none")};
  const auto deleted = call(delete_groups, 2, std::move(request));
  ASSERT_EQ(deleted.results.size(), 2U);
  EXPECT_EQ(code(deleted.results[0].error_code), ErrorCode::None);
  EXPECT_EQ(code(deleted.results[1].error_code), ErrorCode::GroupIdNotFound);
}

TEST_F(GroupsTest, WhatMembersReadIsDescribedWhileTheyRebalance) {
  const std::string member = join_and_sync();
  EXPECT_EQ(code(join(member).error_code), ErrorCode::None);
  protocol::DescribeGroupsRequest request;
  request.groups = {Text("mine"), Text("other"), Text("mine")};
  const auto described = call(describe_groups, 5, std::move(request));
  EXPECT_EQ(described.groups.size(), 2U) << "each once";
  EXPECT_EQ(described.groups.at(0).group_state, "CompletingRebalance");
  EXPECT_EQ(described.groups.at(0).members.at(0).member_assignment.size(), 3U);
}

TEST_F(GroupsTest, WhatWasCommittedIsThereAfterTheCoordinatorMoved) {
  create_topic("t");
  const std::string member = join_and_sync();
  EXPECT_EQ(commit("t", 7, member, 1), ErrorCode::None);
  run(cluster.reload_groups());
  while (beat("nobody", 0) != ErrorCode::UnknownMemberId) {  // it loads
    run(nap());
  }
  EXPECT_EQ(committed("t"), 7);
  EXPECT_EQ(beat(member, 1), ErrorCode::None);
  EXPECT_EQ(groups_of({}), std::vector<std::string>{"mine Stable classic"});
}

TEST_F(GroupsTest, OffsetsOfADeletedTopicAreForgotten) {
  const TopicId id = create_topic("t");
  EXPECT_EQ(commit("t", 7), ErrorCode::None);
  EXPECT_EQ(committed("t"), 7);
  protocol::RemoveTopicRecord gone;
  gone.topic_id = id.uuid();
  apply({gone});
  EXPECT_EQ(committed("t"), -1);
}

TEST_F(GroupsTest, ATopicMadeAgainHasNothingOfTheOneBefore) {
  const TopicId old = create_topic("t");
  EXPECT_EQ(commit("t", 7), ErrorCode::None);
  protocol::RemoveTopicRecord gone;
  gone.topic_id = old.uuid();
  apply({gone});
  create_topic("t");
  EXPECT_EQ(committed("t"), -1);
  EXPECT_EQ(commit("t", 8), ErrorCode::None);
  run(nap());
  EXPECT_EQ(committed("t"), 8);
}

TEST_F(GroupsTest, OffsetsOfATopicDeletedWhileTheyLoadAreForgotten) {
  const TopicId old = create_topic("t");
  EXPECT_EQ(commit("t", 7), ErrorCode::None);
  run(cluster.reload_groups());
  protocol::RemoveTopicRecord gone;
  gone.topic_id = old.uuid();
  apply({gone});
  create_topic("t");
  while (beat("nobody", 0) != ErrorCode::UnknownMemberId) {  // it loads
    run(nap());
  }
  EXPECT_EQ(committed("t"), -1);
  EXPECT_EQ(commit("t", 8), ErrorCode::None);
  run(nap());
  EXPECT_EQ(committed("t"), 8);
}

TEST_F(GroupsTest, ASimpleConsumerCommitsWithoutAGroup) {
  create_topic("t");
  EXPECT_EQ(commit("t", 7), ErrorCode::None);
  EXPECT_EQ(commit("t", 9, "stranger", 4), ErrorCode::UnknownMemberId);
  EXPECT_EQ(groups_of({}), std::vector<std::string>{"mine Empty classic"});
}

TEST_F(GroupsTest, OffsetsToBeKeptForeverAre) {
  create_topic("t");
  protocol::OffsetCommitRequest request;
  request.group_id = Text("mine");
  request.retention_time_ms = std::numeric_limits<int64_t>::max();
  auto& topic = request.topics.emplace_back();
  topic.name = Text("t");
  topic.partitions.emplace_back().committed_offset = 5;
  EXPECT_EQ(call(offset_commit, 2, std::move(request)).topics.at(0).partitions.at(0).error_code, 0);

  const auto place = coordinator::GroupRouter::place_of(*services().image(), "mine");
  using Time = coordinator::Answer<int64_t>;
  const Time expires = run(
      services().groups.call(place, [](std::shared_ptr<coordinator::GroupPartition> partition) -> runtime::Task<Time> {
        co_return partition->state().offsets().find("mine", "t", 0)->expire_timestamp;
      }));
  EXPECT_EQ(expires, std::numeric_limits<int64_t>::max());
}

TEST_F(GroupsTest, OthersRunWhileManyGroupsAreLookedAtForExpiry) {
  create_topic("t", 1);
  constexpr int groups = 50;
  const auto place_of = [this](std::string_view group) {
    return coordinator::GroupRouter::place_of(*services().image(), group);
  };
  const auto place = place_of("mine");
  for (int number = 0, made = 0; made < groups; ++number) {
    const std::string id = std::to_string(number);
    if (place_of(id) == place) {
      protocol::OffsetCommitRequest request;
      request.group_id = Text::owned(id);
      auto& topic = request.topics.emplace_back();
      topic.name = Text("t");
      topic.partitions.emplace_back().committed_offset = 5;
      EXPECT_EQ(call(offset_commit, 8, std::move(request)).topics.at(0).partitions.at(0).error_code, 0);
      ++made;
    }
  }
  using Turns = coordinator::Answer<int>;
  const Turns turns = run(
      services().groups.call(place, [](std::shared_ptr<coordinator::GroupPartition> partition) -> runtime::Task<Turns> {
        bool is_done = false;
        runtime::TaskGroup tasks;
        tasks.spawn([](std::shared_ptr<coordinator::GroupPartition> of, bool& done) -> runtime::Task<void> {
          co_await coordinator::expire_offsets(std::move(of));
          done = true;
        }(std::move(partition), is_done));
        int turns = 0;
        while (!is_done) {
          co_await runtime::yield();
          ++turns;
        }
        co_await tasks.join();
        co_return turns;
      }));
  EXPECT_GT(*turns, groups / 2);  // the simulator does not let everyone run equally often
}

// A few tombstones fill a batch.
class SmallBatchesTest : public GroupsTest {
 protected:
  static constexpr int32_t partitions = 12;

  SmallBatchesTest() : GroupsTest(small_batches()) {}
  static replication::TopicRules small_batches() {
    replication::TopicRules rules;
    rules.log.produce.batch_size_max = 300;
    return rules;
  }

  static protocol::OffsetCommitRequest commit_of(int32_t index, int64_t offset) {
    protocol::OffsetCommitRequest request;
    request.group_id = Text("mine");
    auto& topic = request.topics.emplace_back();
    topic.name = Text("t");
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = index;
    partition.committed_offset = offset;
    return request;
  }

  void commit_long_ago() {
    for (int32_t index = 0; index < partitions; ++index) {
      protocol::OffsetCommitRequest request = commit_of(index, 5);
      request.topics[0].partitions[0].commit_timestamp = 1;
      EXPECT_EQ(call(offset_commit, 1, std::move(request)).topics.at(0).partitions.at(0).error_code, 0);
    }
  }

  // Partition and offset.
  std::map<int32_t, int64_t> all_committed() {
    protocol::OffsetFetchRequest request;
    auto& group = request.groups.emplace_back();
    group.group_id = Text("mine");
    group.topics.reset();
    std::map<int32_t, int64_t> result;
    for (const auto& topic : call(offset_fetch, 8, std::move(request)).groups.at(0).topics) {
      for (const auto& partition : topic.partitions) {
        result.emplace(partition.partition_index, partition.committed_offset);
      }
    }
    return result;
  }

  runtime::Task<void> expire() {
    const auto place = coordinator::GroupRouter::place_of(*services().image(), "mine");
    using Done = coordinator::Answer<bool>;
    const Done done = co_await services().groups.call(
        place, [](std::shared_ptr<coordinator::GroupPartition> partition) -> runtime::Task<Done> {
          co_await coordinator::expire_offsets(std::move(partition));
          co_return true;
        });
    EXPECT_TRUE(done.has_value());
  }
  runtime::Task<void> expire_while_committing(int32_t index, int64_t offset) {
    runtime::TaskGroup tasks;
    tasks.spawn(expire());
    const auto committed =
        co_await offset_commit(context(protocol::OffsetCommitRequest::api_key, 8), commit_of(index, offset));
    EXPECT_EQ(committed.topics.at(0).partitions.at(0).error_code, 0);
    co_await tasks.join();
  }
};

TEST_F(SmallBatchesTest, WhatIsCommittedWhileOthersExpireStays) {
  create_topic("t", partitions);
  commit_long_ago();
  run(expire_while_committing(partitions - 1, 6));
  EXPECT_EQ(all_committed(), (std::map<int32_t, int64_t>{{partitions - 1, 6}}));
}

TEST_F(SmallBatchesTest, AGroupOfMoreThanABatchIsDeleted) {
  create_topic("t", partitions);
  commit_long_ago();
  EXPECT_EQ(remove(), ErrorCode::None);
  EXPECT_TRUE(all_committed().empty());
  EXPECT_EQ(remove(), ErrorCode::GroupIdNotFound);
}

TEST_F(SmallBatchesTest, MoreOffsetsThanABatchHoldsAreDeleted) {
  create_topic("t", partitions);
  commit_long_ago();
  protocol::OffsetDeleteRequest request;
  request.group_id = Text("mine");
  auto& topic = request.topics.emplace_back();
  topic.name = Text("t");
  for (int32_t index = 1; index < partitions; ++index) {
    topic.partitions.emplace_back().partition_index = index;
  }
  EXPECT_EQ(call(offset_delete, 0, std::move(request)).topics.at(0).partitions.size(), size_t{partitions - 1});
  EXPECT_EQ(all_committed(), (std::map<int32_t, int64_t>{{0, 5}}));
}

TEST_F(GroupsTest, OffsetsAreDeletedOneByOne) {
  create_topic("t");
  EXPECT_EQ(commit("t", 7), ErrorCode::None);
  protocol::OffsetDeleteRequest request;
  request.group_id = Text("mine");
  auto& topic = request.topics.emplace_back();
  topic.name = Text("t");
  topic.partitions.emplace_back().partition_index = 0;
  topic.partitions.emplace_back().partition_index = 5;
  const auto deleted = call(offset_delete, 0, std::move(request));
  EXPECT_EQ(deleted.error_code, 0);
  EXPECT_EQ(code(deleted.topics.at(0).partitions.at(0).error_code), ErrorCode::None);
  EXPECT_EQ(code(deleted.topics.at(0).partitions.at(1).error_code), ErrorCode::UnknownTopicOrPartition);
  EXPECT_EQ(deleted.topics.size(), 1U);
  EXPECT_EQ(committed("t"), -1);
}

TEST_F(GroupsTest, AGroupThatIsNotIsDeadOrNotFound) {
  for (const int16_t version : {int16_t{5}, int16_t{6}}) {
    protocol::DescribeGroupsRequest request;
    request.groups = {Text("none")};
    const auto described = call(describe_groups, version, std::move(request));
    EXPECT_EQ(described.groups.at(0).group_state, "Dead");
    EXPECT_EQ(code(described.groups.at(0).error_code), version < 6 ? ErrorCode::None : ErrorCode::GroupIdNotFound);
  }
}

TEST_F(GroupsTest, TransactionsAndShareGroupsHaveNoCoordinator) {
  protocol::FindCoordinatorRequest request;
  request.key_type = 1;
  request.coordinator_keys = {Text("mine")};
  const auto found = call(find_coordinator, 6, std::move(request));
  EXPECT_EQ(code(found.coordinators.at(0).error_code), ErrorCode::CoordinatorNotAvailable);
}

}  // namespace odradek::api
