#include "coordinator/group/consumer_group.h"

#include <random>

#include "coordinator/group/consumer_group_fixture.h"
#include "coordinator/group/topic_regex.h"

namespace odradek::coordinator {

using protocol::ErrorCode;

namespace {

Assignment only(TopicId topic, std::vector<int32_t> partitions) {
  return {{.topic = topic, .partitions = std::move(partitions)}};
}

}  // namespace

TEST_F(ConsumerGroupTest, TheFirstMemberGetsEverythingAtEpochTwo) {
  topic("t", 4);
  TestMember a = member("a", {"t"});
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(a.epoch, 2);
  EXPECT_EQ(a.owned, only(id_of("t"), {0, 1, 2, 3}));
  EXPECT_EQ(group_->state(), ConsumerGroup::State::Stable);
  EXPECT_EQ(log_.size(), 5U);  // metadata, epoch, target, its epoch, assignment: as Kafka writes them
}

TEST_F(ConsumerGroupTest, AHeartbeatWithNothingNewLogsNothing) {
  topic("t", 4);
  TestMember a = member("a", {"t"});
  beat(a);
  const size_t logged = log_.size();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(beat(a), ErrorCode::None);
  }
  EXPECT_EQ(log_.size(), logged);
  EXPECT_EQ(idle_, 5U);
}

TEST_F(ConsumerGroupTest, APartitionIsRevokedBeforeItIsGiven) {
  topic("t", 2);
  TestMember a = member("a", {"t"});
  TestMember b = member("b", {"t"});
  beat(a);
  a.is_slow = true;
  now_ += 2'000;
  EXPECT_EQ(beat(b), ErrorCode::None);
  EXPECT_TRUE(b.owned.empty());
  EXPECT_EQ(group_->member("b")->state, ConsumerMember::State::UnreleasedPartitions);
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(group_->member("a")->state, ConsumerMember::State::UnrevokedPartitions);
  EXPECT_EQ(a.epoch, 2);
  EXPECT_EQ(beat(b), ErrorCode::None);
  EXPECT_TRUE(b.owned.empty());
  a.is_slow = false;
  a.owned = a.assigned;  // has given up
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(a.epoch, 3);
  EXPECT_EQ(beat(b), ErrorCode::None);
  EXPECT_EQ(partition_count(b.owned), 1U);
  EXPECT_EQ(partition_count(a.owned), 1U);
  expect_exclusive({&a, &b});
  EXPECT_EQ(group_->state(), ConsumerGroup::State::Stable);
}

TEST_F(ConsumerGroupTest, WhoReconcilesIsToldAShorterInterval) {
  topic("t", 2);
  TestMember a = member("a", {"t"});
  TestMember b = member("b", {"t"});
  beat(a);
  now_ += 10'000;
  EXPECT_EQ(send(request_of(a)).heartbeat_interval_ms, 5'000);
  EXPECT_LT(send(request_of(b)).heartbeat_interval_ms, 1'000);
}

TEST_F(ConsumerGroupTest, TargetsAreComputedOnceInAnInterval) {
  topic("t", 8);
  std::vector<TestMember> members;
  for (int i = 0; i < 8; ++i) {
    members.push_back(member("m" + std::to_string(i), {"t"}));
    EXPECT_EQ(beat(members.back()), ErrorCode::None);
  }
  EXPECT_EQ(group_->epoch(), 9);
  EXPECT_EQ(group_->assignment_epoch(), 2);
  EXPECT_EQ(group_->state(), ConsumerGroup::State::Assigning);
  now_ += 1'000;
  for (int round = 0; round < 4; ++round) {
    for (TestMember& who : members) {
      EXPECT_EQ(beat(who), ErrorCode::None);
    }
  }
  EXPECT_EQ(group_->assignment_epoch(), 9);
  for (const TestMember& who : members) {
    EXPECT_EQ(partition_count(who.owned), 1U);
  }
}

TEST_F(ConsumerGroupTest, APreviousEpochIsForgivenOnlyWithPartitionsThatAreStillTheMembers) {
  topic("t", 2);
  TestMember a = member("a", {"t"});
  beat(a);
  topic("t", 3);
  now_ += 2'000;
  TestMember lost = a;
  beat(a);
  EXPECT_EQ(a.epoch, 3);
  EXPECT_EQ(beat(lost), ErrorCode::None);  // the answer did not arrive
  EXPECT_EQ(lost.epoch, 3);
  TestMember stale = a;
  stale.epoch = 2;
  stale.owned = only(id_of("t"), {0, 1, 2, 3});
  EXPECT_EQ(beat(stale), ErrorCode::FencedMemberEpoch);
  TestMember ahead = a;
  ahead.epoch = 9;
  EXPECT_EQ(beat(ahead), ErrorCode::FencedMemberEpoch);
  TestMember stranger = a;
  stranger.id = "stranger";
  EXPECT_EQ(beat(stranger), ErrorCode::UnknownMemberId);
}

TEST_F(ConsumerGroupTest, LeavingGivesTheRestEverything) {
  topic("t", 4);
  TestMember a = member("a", {"t"});
  TestMember b = member("b", {"t"});
  beat(a);
  now_ += 2'000;
  for (int i = 0; i < 3; ++i) {
    beat(b);
    beat(a);
  }
  TestMember gone = a;
  gone.epoch = leaving_epoch;
  EXPECT_EQ(send(request_of(gone)).error_code, 0);
  now_ += 2'000;
  EXPECT_EQ(beat(b), ErrorCode::None);
  EXPECT_EQ(partition_count(b.owned), 4U);
  gone = b;
  gone.epoch = leaving_epoch;
  EXPECT_EQ(send(request_of(gone)).error_code, 0);
  EXPECT_TRUE(group_->is_empty());
  EXPECT_EQ(group_->state_name(), "Empty");
  EXPECT_EQ(group_->metadata_hash(), 0);
  EXPECT_TRUE(group_->exists());
}

TEST_F(ConsumerGroupTest, AStaticMemberComesBackToItsPartitions) {
  topic("t", 4);
  TestMember a = member("a", {"t"});
  a.instance_id = "i";
  beat(a);
  const Assignment before = a.owned;
  TestMember second = member("second", {"t"});
  second.instance_id = "i";
  EXPECT_EQ(beat(second), ErrorCode::UnreleasedInstanceId);
  TestMember gone = a;
  gone.epoch = static_leaving_epoch;
  EXPECT_EQ(send(request_of(gone)).error_code, 0);
  EXPECT_EQ(group_->member("a")->epoch, static_leaving_epoch);
  const int32_t epoch = group_->epoch();
  EXPECT_EQ(beat(second), ErrorCode::None);
  EXPECT_EQ(second.owned, before);
  EXPECT_EQ(second.epoch, 2);
  EXPECT_EQ(group_->epoch(), epoch);  // no rebalance
  EXPECT_EQ(group_->members().size(), 1U);
  EXPECT_EQ(beat(a), ErrorCode::FencedInstanceId);
}

TEST_F(ConsumerGroupTest, AStaticMemberComesBackToAFullGroup) {
  topic("t", 4);
  options_.size_max = 1;
  TestMember a = member("a", {"t"});
  a.instance_id = "i";
  beat(a);
  TestMember gone = a;
  gone.epoch = static_leaving_epoch;
  EXPECT_EQ(send(request_of(gone)).error_code, 0);
  TestMember other = member("other", {"t"});
  other.instance_id = "j";
  EXPECT_EQ(beat(other), ErrorCode::GroupMaxSizeReached);
  TestMember second = member("second", {"t"});
  second.instance_id = "i";
  EXPECT_EQ(beat(second), ErrorCode::None);
  EXPECT_EQ(group_->members().size(), 1U);
}

TEST_F(ConsumerGroupTest, RegularExpressionsFollowTheTopics) {
  topic("apples", 1);
  topic("pears", 1);
  TestMember a = member("a", {});
  a.regex = "a.*";
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(a.owned, only(id_of("apples"), {0}));
  EXPECT_EQ(group_->regexes().at("a.*").topics, (std::vector<std::string>{"apples"}));
  topic("apricots", 1);
  now_ += 2'000;
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(partition_count(a.owned), 2U);
  drop_topic("apples");
  now_ += 2'000;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(beat(a), ErrorCode::None);
  }
  EXPECT_EQ(a.owned, only(id_of("apricots"), {0}));
  TestMember b = member("b", {});
  b.regex = "(";
  EXPECT_EQ(beat(b), ErrorCode::InvalidRegularExpression);
  b.regex = "((a{1,100}){1,100}){1,100}";
  EXPECT_EQ(beat(b), ErrorCode::InvalidRegularExpression);
  b.regex = std::string(5'000, 'a');
  EXPECT_EQ(beat(b), ErrorCode::InvalidRegularExpression);
  TestMember gone = a;
  gone.epoch = leaving_epoch;
  EXPECT_EQ(send(request_of(gone)).error_code, 0);
  EXPECT_TRUE(group_->regexes().empty());
}

TEST_F(ConsumerGroupTest, GroupsInExpressionsMayHaveNames) {
  topic("apples", 1);
  topic("pears", 1);
  EXPECT_EQ(matching_topics("(?<fruit>a.*)", image_), (std::vector<std::string>{"apples"}));
  EXPECT_EQ(matching_topics("(?P<fruit>p.*)", image_), (std::vector<std::string>{"pears"}));
  EXPECT_EQ(matching_topics("(?<fruit>[(?<a]pples)", image_), (std::vector<std::string>{"apples"}));
  EXPECT_FALSE(check_topic_regex("(?<=a)pples").has_value());
  EXPECT_FALSE(check_topic_regex("(?<>a)").has_value());
}

TEST_F(ConsumerGroupTest, ExpressionsAreBoundedInWhatTheyCost) {
  std::string names = "a.b-c_d1";
  while (names.size() + 9 < 4096) {
    names += fmt::format("|{:c}.{:0>6}", 'a' + static_cast<char>(names.size() % 26), names.size());
  }
  EXPECT_TRUE(check_topic_regex(names).has_value()) << "as many names as fit";
  EXPECT_TRUE(check_topic_regex("(?:.?){1000}Z").has_value());
  EXPECT_FALSE(check_topic_regex("(?:.?){1000}(?:.?){1000}Z").has_value());
  topic("apples", 1);
  EXPECT_EQ(matching_topics("(?:.?){1000}", image_), (std::vector<std::string>{"apples"}));
  EXPECT_EQ(matching_topics("(?:.?){1000}(?:.?){1000}", image_), (std::vector<std::string>{}));
  EXPECT_EQ(matching_topics("[^\u0430-\u044f]{6}", image_), (std::vector<std::string>{"apples"}))
      << "bytes or characters";
  EXPECT_EQ(matching_topics("(\u0430|\u044f|apples)", image_), (std::vector<std::string>{"apples"}));
  EXPECT_EQ(matching_topics("apples\u00e9?", image_), (std::vector<std::string>{"apples"}))
      << "a character, not its last byte";
}

TEST_F(ConsumerGroupTest, MorePartitionsBumpTheEpochAndAreGiven) {
  topic("t", 1);
  topic("other", 1);
  TestMember a = member("a", {"t"});
  beat(a);
  topic("other", 5);
  now_ += 2'000;
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(a.epoch, 2);  // not its topic
  topic("t", 3);
  now_ += 2'000;
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(a.epoch, 3);
  EXPECT_EQ(partition_count(a.owned), 3U);
}

TEST_F(ConsumerGroupTest, ATopicThatDoesNotExistIsWaitedFor) {
  TestMember a = member("a", {"later"});
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_TRUE(a.owned.empty());
  topic("later", 2);
  now_ += 2'000;
  EXPECT_EQ(beat(a), ErrorCode::None);
  EXPECT_EQ(partition_count(a.owned), 2U);
}

TEST_F(ConsumerGroupTest, BadRequestsAreRefused) {
  topic("t", 1);
  const auto refusal = [&](auto change) {
    TestMember a = member("a", {"t"});
    ConsumerHeartbeatRequest request = request_of(a);
    change(request);
    return static_cast<ErrorCode>(send(request).error_code);
  };
  EXPECT_EQ(refusal([](auto& r) { r.group_id = ""; }), ErrorCode::InvalidRequest);
  EXPECT_EQ(refusal([](auto& r) { r.group_id = " "; }), ErrorCode::InvalidRequest);
  EXPECT_EQ(refusal([](auto& r) { r.member_id = ""; }), ErrorCode::InvalidRequest);
  EXPECT_EQ(refusal([](auto& r) { r.member_id = "\t "; }), ErrorCode::InvalidRequest);
  EXPECT_EQ(refusal([](auto& r) { r.member_epoch = -3; }), ErrorCode::InvalidRequest);
  EXPECT_EQ(refusal([](auto& r) { r.member_epoch = -2; }), ErrorCode::InvalidRequest);
  EXPECT_EQ(refusal([](auto& r) { r.rebalance_timeout_ms = -1; }), ErrorCode::InvalidRequest);
  EXPECT_EQ(refusal([](auto& r) { r.topic_partitions.reset(); }), ErrorCode::InvalidRequest);
  EXPECT_EQ(refusal([](auto& r) { r.subscribed_topic_names.reset(); }), ErrorCode::InvalidRequest);
  EXPECT_EQ(refusal([](auto& r) { r.instance_id = ""; }), ErrorCode::InvalidRequest);
  EXPECT_EQ(refusal([](auto& r) { r.server_assignor = "best"; }), ErrorCode::UnsupportedAssignor);
  EXPECT_FALSE(group_.has_value());
  options_.size_max = 1;
  EXPECT_EQ(refusal([](auto&) {}), ErrorCode::None);
  EXPECT_EQ(refusal([](auto& r) { r.member_id = "b"; }), ErrorCode::GroupMaxSizeReached);
}

TEST_F(ConsumerGroupTest, TheAssignorThatMostAskForCounts) {
  topic("t", 4);
  TestMember a = member("a", {"t"});
  TestMember b = member("b", {"t"});
  a.assignor = "range";
  b.assignor = "range";
  beat(b);
  now_ += 2'000;
  for (int i = 0; i < 3; ++i) {
    beat(a);
    beat(b);
  }
  EXPECT_EQ(a.owned, only(id_of("t"), {0, 1}));
  EXPECT_EQ(b.owned, only(id_of("t"), {2, 3}));
}

TEST_F(ConsumerGroupTest, CommitsMayComeFromAnEarlierEpochButNotFromBeforeTheAssignment) {
  topic("t", 2);
  TestMember a = member("a", {"t"});
  beat(a);
  topic("t", 3);
  now_ += 2'000;
  beat(a);
  const auto check = [&](std::string_view id, int32_t epoch, int32_t partition, int16_t version = 9) {
    const Committer committer{.member_id = id, .instance_id = {}, .generation_or_epoch = epoch, .api_version = version};
    const ErrorCode first = group_->check_commit(committer);
    return first != ErrorCode::None ? first : group_->check_commit_of(committer, id_of("t"), partition);
  };
  EXPECT_EQ(check("a", 3, 0), ErrorCode::None);
  EXPECT_EQ(check("a", 2, 0), ErrorCode::None);
  EXPECT_EQ(check("a", 2, 2), ErrorCode::StaleMemberEpoch);
  EXPECT_EQ(check("a", 4, 0), ErrorCode::StaleMemberEpoch);
  EXPECT_EQ(check("b", 3, 0), ErrorCode::UnknownMemberId);
  EXPECT_EQ(check("", -1, 0), ErrorCode::UnknownMemberId);
  EXPECT_EQ(group_->check_fetch(std::nullopt, -1), ErrorCode::None);
  EXPECT_EQ(group_->check_fetch("a", 3), ErrorCode::None);
  EXPECT_EQ(group_->check_fetch("a", 1), ErrorCode::StaleMemberEpoch);
  EXPECT_TRUE(group_->is_subscribed_to("t"));
  EXPECT_FALSE(group_->is_subscribed_to("u"));
}

TEST_F(ConsumerGroupTest, ARestartFindsTheGroupAsItWas) {
  topic("t", 5);
  std::vector<TestMember> members{member("a", {"t"}), member("b", {"t"}), member("c", {"t"})};
  for (int i = 0; i < 4; ++i) {
    for (TestMember& who : members) {
      beat(who);
    }
    now_ += 1'000;
  }
  const ConsumerGroup again = replayed();
  EXPECT_EQ(again.epoch(), group_->epoch());
  EXPECT_EQ(again.assignment_epoch(), group_->assignment_epoch());
  EXPECT_EQ(again.metadata_hash(), group_->metadata_hash());
  EXPECT_EQ(again.state(), ConsumerGroup::State::Stable);
  for (const TestMember& who : members) {
    EXPECT_TRUE(again.member(who.id)->has_same_assignment(*group_->member(who.id)));
    EXPECT_TRUE(again.member(who.id)->has_same_metadata(*group_->member(who.id)));
  }
  std::vector<machine::LogRecord> records;
  group_->add_tombstones(records);
  apply(std::move(records));
  EXPECT_FALSE(group_->exists());
  EXPECT_TRUE(group_->is_empty());
}

// Members come, go, hang, forget, change their minds; nobody ever reads what another reads, and when all is quiet
// everything is read by somebody.
TEST_F(ConsumerGroupTest, NoPartitionIsReadByTwoWhateverMembersDo) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const auto chance = [&](uint32_t of) { return random() % of == 0; };
    group_.reset();
    log_.clear();
    image_ = std::make_shared<const metadata::MetadataImage>();
    topic("t", static_cast<int32_t>(random() % 7) + 1);
    topic("u", static_cast<int32_t>(random() % 5) + 1);
    std::vector<std::unique_ptr<TestMember>> members;
    uint32_t born = 0;
    for (int i = 0; i < 400; ++i) {
      now_ += random() % 600;
      if (members.empty() || (members.size() < 8 && chance(12))) {
        auto who = std::make_unique<TestMember>(member("m" + std::to_string(born++), {"t"}));
        if (chance(2)) {
          who->topics.emplace_back("u");
        }
        if (chance(4)) {
          who->topics.clear();
          who->regex = chance(2) ? "[tu]" : "t";
        }
        members.push_back(std::move(who));
        continue;
      }
      const size_t place = random() % members.size();
      TestMember& who = *members[place];
      if (chance(40)) {
        TestMember gone = who;
        gone.epoch = leaving_epoch;
        if (group_ && group_->member(who.id) != nullptr) {
          EXPECT_EQ(send(request_of(gone)).error_code, 0);
        }
        members.erase(members.begin() + static_cast<ptrdiff_t>(place));
      } else if (chance(60)) {
        if (group_ && group_->member(who.id) != nullptr) {
          expire(who.id);
        }
        members.erase(members.begin() + static_cast<ptrdiff_t>(place));  // it was dead
      } else if (chance(50)) {
        topic("t", image_->topic("t")->partition_count() + 1);
      } else if (chance(30)) {
        who.epoch = 0;  // starts again under its id
        who.owned.clear();
        who.assigned.clear();
      } else {
        who.is_slow = chance(3);
        if (!who.is_slow && chance(2)) {
          who.owned = intersection(who.owned, who.assigned);
        }
        const ErrorCode error = beat(who);
        EXPECT_TRUE(error == ErrorCode::None || error == ErrorCode::FencedMemberEpoch) << static_cast<int>(error);
      }
      std::vector<TestMember*> all;
      for (const auto& one : members) {
        all.push_back(one.get());
      }
      expect_exclusive(all);
    }
    for (int round = 0; round < 12; ++round) {
      for (const auto& who : members) {
        who->is_slow = false;
        who->owned = intersection(who->owned, who->assigned);
        EXPECT_EQ(beat(*who), ErrorCode::None);
      }
      now_ += 1'000;
    }
    EXPECT_TRUE(members.empty() || group_->state() == ConsumerGroup::State::Stable);
    std::set<std::string> wanted;
    size_t read = 0;
    for (const auto& who : members) {
      read += partition_count(who->owned);
      for (const std::string_view name : group_->topics_of(*group_->member(who->id))) {
        wanted.insert(std::string(name));
      }
    }
    size_t partitions = 0;
    for (const std::string& name : wanted) {
      partitions += static_cast<size_t>(image_->topic(name)->partition_count());
    }
    EXPECT_EQ(read, partitions);
    EXPECT_EQ(replayed().state(), group_->state());
  }
}

}  // namespace odradek::coordinator
