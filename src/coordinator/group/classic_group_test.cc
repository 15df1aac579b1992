// ClassicGroup, driven by calls and the time they bring.
#include "coordinator/group/classic_group.h"

#include <gtest/gtest.h>

#include "coordinator/group/group_records.h"

namespace odradek::coordinator {

using protocol::ErrorCode;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;
using protocol::Text;
using std::chrono::milliseconds;

namespace {

Blob bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return Blob(Bytes(view.begin(), view.end()));
}

ErrorCode error_of(const JoinGroupResponse& answer) { return static_cast<ErrorCode>(answer.error_code); }
ErrorCode error_of(const SyncGroupResponse& answer) { return static_cast<ErrorCode>(answer.error_code); }

struct Joining {
  std::string id = "";
  std::optional<std::string> instance{};
  std::vector<std::string> protocols = {"range"};
  std::string metadata = "what I read";
  int32_t session_ms = 10'000;
  int32_t rebalance_ms = 60'000;
  int16_t version = 9;
};

}  // namespace

class ClassicGroupTest : public testing::Test {
 protected:
  std::shared_ptr<PendingJoin> join(const Joining& joining) {
    JoinGroupRequest request;
    request.group_id = Text("mine");
    request.member_id = Text(joining.id);
    request.group_instance_id = joining.instance ? std::optional(Text(*joining.instance)) : std::nullopt;
    request.protocol_type = Text("consumer");
    request.session_timeout_ms = joining.session_ms;
    request.rebalance_timeout_ms = joining.rebalance_ms;
    for (const std::string& name : joining.protocols) {
      auto& offer = request.protocols.emplace_back();
      offer.name = Text(name);
      offer.metadata = bytes(joining.metadata);
    }
    auto ticket = std::make_shared<PendingJoin>();
    const Caller caller{.client_id = "me", .client_host = "/127.0.0.1", .api_version = joining.version};
    wrote = group.join(request, caller, "id-" + std::to_string(++ids), options, moment, ticket);
    return ticket;
  }

  std::shared_ptr<PendingSync> sync(std::string id, int32_t generation,
                                    std::vector<std::pair<std::string, std::string>> assignments = {}) {
    SyncGroupRequest request;
    request.group_id = Text("mine");
    request.member_id = Text(id);
    request.generation_id = generation;
    for (const auto& [member, assignment] : assignments) {
      auto& given = request.assignments.emplace_back();
      given.member_id = Text(member);
      given.assignment = bytes(assignment);
    }
    auto ticket = std::make_shared<PendingSync>();
    if (group.sync(request, moment, ticket)) {
      group.set_assignments(request);
      stored = group.record();
      group.assign(moment);
    }
    return ticket;
  }

  // A member without an id is told one, and comes with it.
  std::pair<std::string, std::shared_ptr<PendingJoin>> join_new(Joining joining = {}) {
    joining.id = "";
    const auto told = join(joining);
    EXPECT_EQ(error_of(*told->value()), ErrorCode::MemberIdRequired);
    joining.id = told->value()->member_id.str();
    return {joining.id, join(joining)};
  }

  // A stable group of one, whose id it is.
  std::string make_stable(const Joining& joining = {}) {
    const auto [id, ticket] = join_new(joining);
    pass(3'000);
    EXPECT_EQ(error_of(*ticket->value()), ErrorCode::None);
    const auto synced = sync(id, 1, {{id, "all of it"}});
    EXPECT_EQ(error_of(*synced->value()), ErrorCode::None);
    return id;
  }

  void pass(int64_t ms) {
    moment.now += milliseconds(ms);
    moment.wall_ms += ms;
    const auto due = group.next_deadline();
    if (due && *due <= moment.now) {
      wrote = group.on_time(moment);
    }
  }

  ErrorCode heartbeat(std::string_view id, int32_t generation) {
    return group.heartbeat(id, std::nullopt, generation, moment);
  }

  GroupOptions options;
  Moment moment{.now = runtime::MonotonicTime{} + std::chrono::hours(1), .wall_ms = 1'800'000'000'000};
  ClassicGroup group{"mine", 1'800'000'000'000};
  bool wrote = false;
  std::optional<machine::LogRecord> stored;
  int ids = 0;
};

TEST_F(ClassicGroupTest, FirstGenerationWaitsForTheInitialDelay) {
  const auto [id, ticket] = join_new();
  EXPECT_EQ(group.state_name(), "PreparingRebalance");
  pass(2'999);
  EXPECT_FALSE(ticket->is_answered());
  pass(1);
  ASSERT_TRUE(ticket->is_answered());
  EXPECT_EQ(ticket->value()->generation_id, 1);
  EXPECT_EQ(ticket->value()->leader, id);
  ASSERT_EQ(ticket->value()->members.size(), 1U);
  EXPECT_EQ(as_text(ticket->value()->members[0].metadata.view()), "what I read");
  EXPECT_EQ(group.state_name(), "CompletingRebalance");
}

TEST_F(ClassicGroupTest, NewcomersExtendTheInitialDelayUpToTheRebalanceTimeout) {
  const auto [first, ticket] = join_new({.rebalance_ms = 8'000});
  for (int i = 0; i < 2; ++i) {
    pass(2'000);
    const auto newcomer = join_new({.rebalance_ms = 8'000});
    pass(1'000);
    EXPECT_FALSE(ticket->is_answered());
  }
  pass(1'999);
  EXPECT_FALSE(ticket->is_answered());
  pass(1);  // 3 + 3 + 2 seconds are the rebalance timeout
  EXPECT_TRUE(ticket->is_answered());
}

TEST_F(ClassicGroupTest, LeaderHandsEveryoneTheirAssignment) {
  const auto [a, joined_a] = join_new();
  const auto [b, joined_b] = join_new();
  pass(3'000);
  pass(3'000);  // for the newcomer
  const std::string leader = joined_a->value()->leader.str();
  const std::string other = leader == a ? b : a;
  const auto synced_other = sync(other, 1);
  EXPECT_FALSE(synced_other->is_answered());
  const auto synced = sync(leader, 1, {{a, "left"}, {b, "right"}});
  EXPECT_EQ(as_text(synced->value()->assignment.view()), leader == a ? "left" : "right");
  EXPECT_EQ(as_text(synced_other->value()->assignment.view()), other == a ? "left" : "right");
  EXPECT_EQ(group.state_name(), "Stable");
}

TEST_F(ClassicGroupTest, OldVersionsNeedNoIdFirst) {
  const auto ticket = join({.id = "", .version = 3});
  pass(3'000);
  EXPECT_EQ(error_of(*ticket->value()), ErrorCode::None);
}

TEST_F(ClassicGroupTest, ASecondMemberSendsTheFirstBackToJoin) {
  const std::string first = make_stable();
  const auto [second, ticket] = join_new();
  EXPECT_EQ(group.state_name(), "PreparingRebalance");
  EXPECT_EQ(heartbeat(first, 1), ErrorCode::RebalanceInProgress);
  EXPECT_FALSE(ticket->is_answered());
  const auto again = join({.id = first});
  EXPECT_EQ(again->value()->generation_id, 2);
  EXPECT_EQ(ticket->value()->generation_id, 2);
}

TEST_F(ClassicGroupTest, WhoDoesNotRejoinInTimeIsOut) {
  const std::string first = make_stable({.id = "", .session_ms = 300'000, .rebalance_ms = 5'000});
  const auto [second, ticket] = join_new({.id = "", .rebalance_ms = 5'000});
  pass(5'000);
  ASSERT_TRUE(ticket->is_answered());
  EXPECT_EQ(ticket->value()->leader, second);
  EXPECT_EQ(ticket->value()->members.size(), 1U);
  EXPECT_EQ(heartbeat(first, 2), ErrorCode::UnknownMemberId);
}

TEST_F(ClassicGroupTest, ASilentMemberGoesWhenItsSessionEnds) {
  const std::string id = make_stable();
  pass(9'000);
  EXPECT_EQ(heartbeat(id, 1), ErrorCode::None);
  pass(9'999);
  EXPECT_EQ(group.members().size(), 1U);
  wrote = false;
  pass(1);
  EXPECT_TRUE(group.members().empty());
  EXPECT_EQ(group.state_name(), "Empty");
  EXPECT_EQ(group.generation(), 2);
  EXPECT_TRUE(wrote);
}

TEST_F(ClassicGroupTest, AMemberThatWaitsForOthersDoesNotExpire) {
  const std::string first = make_stable({.id = "", .session_ms = 6'000, .rebalance_ms = 60'000});
  const auto [second, ticket] = join_new({.id = "", .session_ms = 6'000});
  for (int i = 0; i < 8; ++i) {
    pass(5'000);
    EXPECT_EQ(heartbeat(first, 1), ErrorCode::RebalanceInProgress);
  }
  EXPECT_EQ(group.members().size(), 2U);
}

TEST_F(ClassicGroupTest, PendingMembersHoldTheRebalanceUntilTheirSessionEnds) {
  const std::string first = make_stable();
  const auto told = join({.id = "", .session_ms = 6'000});
  const auto again = join({.id = first, .metadata = "something else"});
  EXPECT_FALSE(again->is_answered());
  pass(6'000);
  EXPECT_TRUE(again->is_answered());
}

TEST_F(ClassicGroupTest, WhoComesWhenAllButPendingMembersHaveLeftIsWelcome) {
  const std::string first = make_stable();
  const auto told = join({.id = ""});
  const auto again = join({.id = first, .metadata = "something else"});
  EXPECT_EQ(group.leave(first, std::nullopt), ErrorCode::None);
  EXPECT_FALSE(group.leave_done(moment));
  EXPECT_EQ(group.state_name(), "PreparingRebalance");
  EXPECT_EQ(error_of(*join({.id = first})->value()), ErrorCode::UnknownMemberId);
  const auto back = join({.id = told->value()->member_id.str()});
  EXPECT_EQ(error_of(*back->value()), ErrorCode::None);
}

TEST_F(ClassicGroupTest, LeavingStartsARebalanceAndTheLastOneEmptiesTheGroup) {
  const std::string id = make_stable();
  EXPECT_EQ(group.leave("somebody", std::nullopt), ErrorCode::UnknownMemberId);
  EXPECT_EQ(group.leave(id, std::nullopt), ErrorCode::None);
  EXPECT_TRUE(group.leave_done(moment));
  EXPECT_EQ(group.state_name(), "Empty");
  EXPECT_EQ(group.protocol_type(), "consumer");
}

TEST_F(ClassicGroupTest, GenerationsAndMembersAreChecked) {
  const std::string id = make_stable();
  EXPECT_EQ(heartbeat("somebody", 1), ErrorCode::UnknownMemberId);
  EXPECT_EQ(heartbeat(id, 0), ErrorCode::IllegalGeneration);
  EXPECT_EQ(error_of(*sync(id, 7)->value()), ErrorCode::IllegalGeneration);
  EXPECT_EQ(error_of(*sync("somebody", 1)->value()), ErrorCode::UnknownMemberId);
  EXPECT_EQ(error_of(*join({.id = "somebody"})->value()), ErrorCode::UnknownMemberId);
}

TEST_F(ClassicGroupTest, ACommitMustComeFromTheGeneration) {
  const std::string id = make_stable();
  EXPECT_EQ(group.check_commit({.member_id = id, .instance_id = {}, .generation_or_epoch = 1}), ErrorCode::None);
  EXPECT_EQ(group.check_commit({.member_id = id, .instance_id = {}, .generation_or_epoch = 2}),
            ErrorCode::IllegalGeneration);
  EXPECT_EQ(group.check_commit({.member_id = "", .instance_id = {}, .generation_or_epoch = -1}),
            ErrorCode::UnknownMemberId);
}

TEST_F(ClassicGroupTest, ProtocolsMustHaveSomethingInCommon) {
  make_stable();
  EXPECT_EQ(error_of(*join({.id = "", .protocols = {"sticky"}})->value()), ErrorCode::InconsistentGroupProtocol);
}

TEST_F(ClassicGroupTest, TheProtocolMostPreferIsChosen) {
  const auto a = join_new({.id = "", .protocols = {"range", "sticky"}});
  const auto b = join_new({.id = "", .protocols = {"sticky", "range"}});
  const auto c = join_new({.id = "", .protocols = {"other", "sticky", "range"}});
  pass(3'000);
  pass(3'000);
  ASSERT_TRUE(a.second->is_answered());
  EXPECT_EQ(*a.second->value()->protocol_name, "sticky");
}

TEST_F(ClassicGroupTest, AFullGroupTakesNobodyElse) {
  options.size_max = 1;
  const std::string id = make_stable();
  EXPECT_EQ(error_of(*join({.id = ""})->value()), ErrorCode::GroupMaxSizeReached);
  EXPECT_EQ(heartbeat(id, 1), ErrorCode::None);
}

TEST_F(ClassicGroupTest, OfTenThousandAHundredAreTaken) {
  options.size_max = 100;
  std::vector<std::shared_ptr<PendingJoin>> taken;
  for (int i = 0; i < 10'000; ++i) {
    auto ticket = join({.id = "", .metadata = std::string(1'000, 'x'), .version = 3});  // asks for no id first
    if (ticket->is_answered()) {
      EXPECT_EQ(error_of(*ticket->value()), ErrorCode::GroupMaxSizeReached);
    } else {
      taken.push_back(std::move(ticket));
    }
  }
  EXPECT_EQ(taken.size(), 100U);
  EXPECT_EQ(group.members().size(), 100U);
  for (int step = 0; step < 21; ++step) {
    pass(3'000);
  }
  for (const auto& ticket : taken) {
    ASSERT_TRUE(ticket->is_answered());
    EXPECT_EQ(error_of(*ticket->value()), ErrorCode::None);
  }
}

TEST_F(ClassicGroupTest, AStaticMemberComesBackWithoutARebalance) {
  const auto first = join({.id = "", .instance = "one"});
  pass(3'000);
  const std::string old_id = first->value()->member_id.str();
  const auto synced = sync(old_id, 1, {{old_id, "all of it"}});
  const auto back = join({.id = "", .instance = "one"});
  ASSERT_TRUE(back->is_answered());
  EXPECT_TRUE(wrote);
  EXPECT_NE(back->value()->member_id, old_id);
  EXPECT_EQ(back->value()->generation_id, 1);
  EXPECT_TRUE(back->value()->skip_assignment);
  EXPECT_EQ(group.state_name(), "Stable");
  EXPECT_EQ(group.heartbeat(old_id, "one", 1, moment), ErrorCode::FencedInstanceId);
  EXPECT_EQ(as_text(sync(back->value()->member_id.str(), 1)->value()->assignment.view()), "all of it");
}

TEST_F(ClassicGroupTest, BeforeVersionNineAStaticLeaderIsToldAnotherLeads) {
  const auto first = join({.id = "", .instance = "one", .version = 8});
  pass(3'000);
  const std::string old_id = first->value()->member_id.str();
  const auto synced = sync(old_id, 1, {{old_id, "all of it"}});
  const auto back = join({.id = "", .instance = "one", .version = 8});
  EXPECT_EQ(back->value()->leader, old_id);
  EXPECT_FALSE(back->value()->skip_assignment);
}

TEST_F(ClassicGroupTest, AnAdministratorRemovesAStaticMemberByItsInstance) {
  const auto first = join({.id = "", .instance = "one"});
  EXPECT_EQ(group.leave("", "two"), ErrorCode::UnknownMemberId);
  EXPECT_EQ(group.leave("", "one"), ErrorCode::None);
  EXPECT_EQ(error_of(*first->value()), ErrorCode::UnknownMemberId);
}

TEST_F(ClassicGroupTest, WhoNeverSyncsIsOutAfterTheRebalanceTimeout) {
  const auto [a, joined_a] = join_new({.id = "", .session_ms = 300'000, .rebalance_ms = 10'000});
  const auto [b, joined_b] = join_new({.id = "", .session_ms = 300'000, .rebalance_ms = 10'000});
  pass(3'000);
  pass(3'000);
  const std::string leader = joined_a->value()->leader.str();
  const auto synced = sync(leader, 1, {{a, "left"}, {b, "right"}});
  EXPECT_EQ(group.state_name(), "Stable");
  pass(10'000);
  EXPECT_EQ(group.members().size(), 1U);
  EXPECT_EQ(group.state_name(), "PreparingRebalance");
}

TEST_F(ClassicGroupTest, RevivedFromItsRecordItIsTheSame) {
  const std::string id = make_stable();
  ASSERT_TRUE(stored.has_value());
  const auto revived = ClassicGroup::revive("mine", *stored->value, options, moment);
  ASSERT_TRUE(revived.has_value());
  EXPECT_EQ((*revived)->state_name(), "Stable");
  EXPECT_EQ((*revived)->generation(), 1);
  EXPECT_EQ((*revived)->leader(), id);
  EXPECT_EQ((*revived)->heartbeat(id, std::nullopt, 1, moment), ErrorCode::None);
  EXPECT_EQ(as_text((*revived)->members().at(id).assignment.view()), "all of it");
}

TEST_F(ClassicGroupTest, RevivedWithoutALeaderItGetsTogether) {
  ClassicGroupChange change;
  change.key.group = "mine";
  auto& value = change.value.emplace();
  value.protocol_type = "consumer";
  value.generation = 9;
  value.protocol = "range";
  auto& member = value.members.emplace_back();
  member.member_id = "a";
  member.session_timeout = 10'000;
  member.rebalance_timeout = 60'000;
  const machine::LogRecord record = encode_change(change);
  const auto revived = ClassicGroup::revive("mine", *record.value, options, moment);
  ASSERT_TRUE(revived.has_value());
  EXPECT_EQ((*revived)->state_name(), "PreparingRebalance");
  EXPECT_EQ((*revived)->heartbeat("a", std::nullopt, 9, moment), ErrorCode::RebalanceInProgress);
}

TEST_F(ClassicGroupTest, GarbageForMetadataHurtsNobody) {
  make_stable({.id = "", .metadata = std::string("\x7f\xff\xff\xff\xff\xff\xff", 7)});
  EXPECT_TRUE(group.is_subscribed_to("anything"));
}

TEST_F(ClassicGroupTest, TopicsAreKnownOfAMemberThatLeavesOutWhatItsVersionAdds) {
  // As kafka-go does: version 1, one topic, no user data, and no owned partitions behind it.
  make_stable({.id = "", .metadata = std::string("\0\1\0\0\0\1\0\4read\xff\xff\xff\xff", 16)});
  EXPECT_TRUE(group.is_subscribed_to("read"));
  EXPECT_FALSE(group.is_subscribed_to("once"));
}

TEST_F(ClassicGroupTest, TruncatedRecordsAreCorrupt) {
  make_stable();
  for (size_t size = 0; size < stored->value->size(); ++size) {
    const auto revived = ClassicGroup::revive("mine", ByteView(*stored->value).first(size), options, moment);
    EXPECT_FALSE(revived.has_value());
  }
}

TEST_F(ClassicGroupTest, OffsetsOfALiveGroupDoNotExpire) {
  EXPECT_EQ(group.offset_expiry().from, OffsetExpiry::From::Commit);  // nobody was ever in it
  const std::string id = make_stable();
  EXPECT_EQ(group.offset_expiry().from, OffsetExpiry::From::Never);
  EXPECT_EQ(group.leave(id, std::nullopt), ErrorCode::None);
  EXPECT_TRUE(group.leave_done(moment));
  EXPECT_EQ(group.offset_expiry().from, OffsetExpiry::From::Moment);
  EXPECT_EQ(group.offset_expiry().moment, moment.wall_ms);
}

}  // namespace odradek::coordinator
