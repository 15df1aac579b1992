// Groups with members of both protocols, and groups that change theirs, through their handlers.
#include "api/consumer_groups_fixture.h"

namespace odradek::api {

namespace {

class MixedGroupsTest : public ConsumerGroupsTest {};

TEST_F(MixedGroupsTest, AClassicGroupBecomesOneOfConsumersAndBack) {
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

TEST_F(MixedGroupsTest, WhatAMemberHasYetToGiveUpStaysItsOwnWhenTheProtocolChangesTwice) {
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

TEST_F(MixedGroupsTest, AGroupTooLargeToChangeItsProtocolStaysAsItIs) {
  // The classic group's record holds what the chosen protocol says, the other group's what all say.
  Bytes metadata = subscription();
  metadata.resize(600'000);
  Classic old;
  EXPECT_EQ(join(old, metadata, {"range", "roundrobin"}), ErrorCode::None);
  New fresh{.id = "fresh"};
  EXPECT_EQ(beat(fresh), ErrorCode::UnknownServerError);
  EXPECT_EQ(beat(old), ErrorCode::None);
  EXPECT_EQ(commit(old.id, old.generation, 0), ErrorCode::None);
}

TEST_F(MixedGroupsTest, AStaticMemberIsStartedAgainWithTheNewProtocol) {
  Classic old{.id = "", .instance = "i"};
  EXPECT_EQ(join(old), ErrorCode::None);
  New fresh{.id = "fresh", .instance = "i"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(fresh.reads.size(), 4U);
  EXPECT_EQ(describe().members.size(), 1U);
  New other{.id = "other", .instance = "i"};
  EXPECT_EQ(beat(other), ErrorCode::UnreleasedInstanceId);
}

TEST_F(MixedGroupsTest, TheLastStaticMemberThatGoesBackDisturbsNobody) {
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

TEST_F(MixedGroupsTest, TheLastOneThatGoesBackIsToldTheProtocolOfAll) {
  New fresh{.id = "fresh", .instance = "f"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  pass(1'100);
  const std::vector<std::string_view> protocols{"range", "sticky"};
  Classic old{.id = "", .instance = "o"};
  EXPECT_EQ(join(old, subscription(), protocols), ErrorCode::None);
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(join(old, subscription(), protocols), ErrorCode::None);

  Classic back{.id = "", .instance = "f"};
  EXPECT_EQ(join_only(back, subscription(), {"sticky", "range"}).protocol_name->view(), "range");
  EXPECT_EQ(sync(back), ErrorCode::None);
  EXPECT_EQ(back.reads, fresh.reads);
  EXPECT_EQ(beat(old), ErrorCode::None);
}

TEST_F(MixedGroupsTest, WhatMembersOfferedIsKnownWhenTheGroupGoesBack) {
  Classic old;
  EXPECT_EQ(join(old, subscription(), {"range", "sticky"}), ErrorCode::None);
  New fresh{.id = "fresh"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  EXPECT_EQ(leave(fresh), ErrorCode::None);
  Classic other;
  const protocol::JoinGroupResponse joined = join_only(other, subscription(), {"sticky"});
  EXPECT_EQ(code(joined.error_code), ErrorCode::None);
  EXPECT_EQ(joined.protocol_name->view(), "sticky");
}

TEST_F(MixedGroupsTest, AClassicMemberJoinsAGroupOfConsumers) {
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

TEST_F(MixedGroupsTest, AClassicMemberThatJoinsBetweenTwoTargetsSyncsAndWaits) {
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

TEST_F(MixedGroupsTest, WithoutMigrationNoClassicMemberJoinsConsumers) {
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

TEST_F(MixedGroupsTest, AClassicMemberThatJoinsAndDoesNotSyncIsFenced) {
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

TEST_F(MixedGroupsTest, AMemberMayOfferVeryManyProtocols) {
  New fresh{.id = "fresh"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  protocol::JoinGroupRequest request;
  request.group_id = Text("mine");
  request.member_id = Text("odd");
  request.protocol_type = Text("consumer");
  request.session_timeout_ms = 10'000;
  request.rebalance_timeout_ms = 10'000;
  request.protocols.push_back({.name = Text("range"), .metadata = Blob(subscription()), .unknown_tags = {}});
  request.protocols.resize(10'000);  // three bytes each in the group's record, and much more in memory
  EXPECT_EQ(call(join_group, 3, std::move(request)).error_code, 0);
  EXPECT_EQ(describe().members.size(), 2U);
  run(cluster.reload_groups());
  while (code(describe().error_code) == ErrorCode::CoordinatorLoadInProgress) {
    pass(1);
  }
  EXPECT_EQ(describe().members.size(), 2U);
}

TEST_F(MixedGroupsTest, WhatAnAssignorOfTheClientsOwnSaysIsNotThrownAway) {
  Classic streams;
  const auto joined = join_only(streams);
  ASSERT_EQ(joined.error_code, 0);
  protocol::ConsumerProtocolAssignment assignment;
  assignment.assigned_partitions.push_back({.topic = Text("t"), .partitions = {0, 1, 2, 3}});
  assignment.user_data = Blob(as_bytes("tasks"));
  protocol::Writer out;
  out.integer(int16_t{1});
  assignment.encode(out, 1);
  protocol::SyncGroupRequest request;
  request.group_id = Text("mine");
  request.member_id = Text::owned(streams.id);
  request.generation_id = streams.generation;
  request.assignments.push_back(
      {.member_id = Text::owned(streams.id), .assignment = Blob(*std::move(out).finish_bytes()), .unknown_tags = {}});
  EXPECT_EQ(call(sync_group, 3, std::move(request)).error_code, 0);

  New fresh{.id = "fresh"};
  EXPECT_EQ(beat(fresh), ErrorCode::GroupIdNotFound);
  EXPECT_EQ(beat(streams), ErrorCode::None) << "its group goes on";
}

TEST_F(MixedGroupsTest, ARecordOfAClassicMemberWithoutProtocolsHarmsNobody) {
  New fresh{.id = "fresh"};
  EXPECT_EQ(beat(fresh), ErrorCode::None);
  coordinator::ConsumerMemberChange change;
  change.key.group_id = Text("mine");
  change.key.member_id = Text("odd");
  auto& value = change.value.emplace();
  value.rebalance_timeout_ms = 30'000;
  value.classic_member_metadata.emplace().session_timeout_ms = 30'000;
  const std::vector<machine::LogRecord> records = {coordinator::encode_change(change)};
  const auto place = coordinator::GroupRouter::place_of(*services().image(), "mine");
  const auto append =
      [&](std::shared_ptr<coordinator::GroupPartition> partition) -> runtime::Task<coordinator::Answer<bool>> {
    co_return (co_await partition->append_some(records)).has_value();
  };
  const auto appended = run(services().groups.call(place, append));
  ASSERT_TRUE(appended.has_value() && *appended);
  Classic odd{.id = "odd", .generation = 0};
  EXPECT_EQ(sync(odd), ErrorCode::UnknownMemberId);
  EXPECT_EQ(beat(fresh), ErrorCode::None);
}

TEST_F(MixedGroupsTest, GarbageOfClassicMembersIsRefusedAndHarmsNobody) {
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

}  // namespace

}  // namespace odradek::api
