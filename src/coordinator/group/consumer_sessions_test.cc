#include "coordinator/group/consumer_sessions.h"

#include <gtest/gtest.h>

namespace odradek::coordinator {

namespace {

runtime::MonotonicTime at(int64_t seconds) { return runtime::MonotonicTime(std::chrono::seconds(seconds)); }

}  // namespace

TEST(ConsumerSessions, WhoIsSilentIsOverdue) {
  ConsumerSessions sessions;
  sessions.heard_of("g", "a", at(10));
  sessions.heard_of("g", "b", at(20));
  EXPECT_EQ(sessions.next_deadline("g"), at(10));
  EXPECT_TRUE(sessions.overdue("g", at(9)).empty());
  EXPECT_EQ(sessions.overdue("g", at(10)), (std::vector<std::string>{"a"}));
  EXPECT_FALSE(sessions.heard_of("g", "a", at(30)));
  EXPECT_EQ(sessions.next_deadline("g"), at(20));
  EXPECT_TRUE(sessions.overdue("other", at(99)).empty());
}

TEST(ConsumerSessions, ASessionThatBecameShorterIsLookedAtSooner) {
  ConsumerSessions sessions;
  EXPECT_TRUE(sessions.heard_of("g", "a", at(45)));
  EXPECT_FALSE(sessions.heard_of("g", "a", at(45)));
  EXPECT_TRUE(sessions.heard_of("g", "a", at(9)));
  EXPECT_EQ(sessions.next_deadline("g"), at(9));
}

TEST(ConsumerSessions, WhoDoesNotGiveUpIsOverdueThoughHeardOf) {
  ConsumerSessions sessions;
  sessions.heard_of("g", "a", at(100));
  sessions.must_give_up("g", "a", {.epoch = 3, .kept = 4}, at(50));
  sessions.must_give_up("g", "a", {.epoch = 3, .kept = 4}, at(90));  // asked again, it has no more time
  EXPECT_EQ(sessions.next_deadline("g"), at(50));
  sessions.must_give_up("g", "a", {.epoch = 3, .kept = 2}, at(55));  // that, and then more
  EXPECT_EQ(sessions.next_deadline("g"), at(55));
  sessions.must_give_up("g", "a", {.epoch = 4}, at(60));
  EXPECT_EQ(sessions.overdue("g", at(60)), (std::vector<std::string>{"a"}));
  sessions.has_given_up("g", "a");
  EXPECT_TRUE(sessions.overdue("g", at(60)).empty());
}

TEST(ConsumerSessions, WhoJoinsAndDoesNotSyncIsOverdueThoughHeardOf) {
  ConsumerSessions sessions;
  sessions.must_sync("g", "a", at(5));  // not a member
  EXPECT_EQ(sessions.next_deadline("g"), std::nullopt);
  sessions.heard_of("g", "a", at(100));
  sessions.must_sync("g", "a", at(40));
  sessions.must_give_up("g", "a", {.epoch = 3}, at(50));
  EXPECT_EQ(sessions.next_deadline("g"), at(40));
  sessions.must_sync("g", "a", at(45));  // it has joined again
  EXPECT_EQ(sessions.overdue("g", at(45)), (std::vector<std::string>{"a"}));
  sessions.has_synced("g", "a");
  EXPECT_EQ(sessions.next_deadline("g"), at(50));
}

TEST(ConsumerSessions, AGroupWithoutMembersLeavesNothing) {
  ConsumerSessions sessions;
  sessions.note("g", {.topics_seen = 5, .regexes_seen_ms = 7});
  EXPECT_EQ(sessions.notes("g").topics_seen, -1);
  sessions.heard_of("g", "a", at(1));
  sessions.note("g", {.topics_seen = 5, .regexes_seen_ms = 7});
  EXPECT_EQ(sessions.notes("g").topics_seen, 5);
  sessions.forget("g", "a");
  EXPECT_EQ(sessions.notes("g").topics_seen, -1);
  EXPECT_EQ(sessions.next_deadline("g"), std::nullopt);
}

}  // namespace odradek::coordinator
