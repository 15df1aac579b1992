#include "api/fetch_sessions.h"

#include <chrono>

#include <gtest/gtest.h>

namespace odradek::api {
namespace {

using protocol::FetchRequest;

class FetchSessionsTest : public ::testing::Test {
 protected:
  static FetchRequest request(int32_t id, int32_t epoch, std::initializer_list<int32_t> partitions) {
    FetchRequest request;
    request.session_id = id;
    request.session_epoch = epoch;
    auto& topic = request.topics.emplace_back();
    topic.topic = "t";
    for (const int32_t index : partitions) {
      topic.partitions.emplace_back().partition = index;
    }
    return request;
  }

  int32_t open(FetchSessions& sessions, std::initializer_list<int32_t> partitions) {
    const auto turn = sessions.begin(request(0, 0, partitions), 11, now);
    return sessions.end(*turn, now, chance).value();
  }

  runtime::MonotonicTime now{std::chrono::hours(1)};
  runtime::Random chance{1};
};

TEST_F(FetchSessionsTest, OnlyChangesAreSentAfterTheFirstRequest) {
  FetchSessions sessions(10);
  const int32_t id = open(sessions, {0, 1, 2});
  ASSERT_GT(id, 0);
  FetchRequest change = request(id, 1, {3});
  change.forgotten_topics_data.emplace_back().topic = "t";
  change.forgotten_topics_data[0].partitions = {1};
  const auto turn = sessions.begin(change, 11, now);
  ASSERT_TRUE(turn.has_value());
  EXPECT_TRUE(turn->is_incremental);
  std::vector<int32_t> left;
  for (const FetchEntry& entry : turn->session->entries()) {
    EXPECT_EQ(entry.topic, "t");
    left.push_back(entry.index.raw());
  }
  EXPECT_EQ(left, (std::vector<int32_t>{0, 2, 3}));
  EXPECT_EQ(sessions.end(*turn, now, chance).value(), id);
}

TEST_F(FetchSessionsTest, ForgettingComesBeforeNamingOnlyInASession) {
  FetchSessions sessions(10);
  const int32_t id = open(sessions, {0, 1});
  FetchRequest change = request(id, 1, {0});
  change.forgotten_topics_data.emplace_back().topic = "t";
  change.forgotten_topics_data[0].partitions = {0};
  const auto turn = sessions.begin(change, 11, now);
  ASSERT_EQ(turn->session->size(), 1U);
  EXPECT_EQ(turn->session->entries().front().index, PartitionIndex{1});
  change.session_epoch = 2;
  change.forgotten_topics_data[0].partitions = {0, 1};
  const auto last = sessions.begin(change, 11, now);
  EXPECT_FALSE(last->is_incremental) << "the session is empty, and over";
  EXPECT_EQ(sessions.size(), 0U);
  ASSERT_EQ(last->session->size(), 1U);
  EXPECT_EQ(last->session->entries().front().index, PartitionIndex{0});
  change.session_epoch = 0;
  EXPECT_EQ(sessions.begin(change, 11, now)->session->size(), 1U) << "a full fetch has nothing to forget";
}

TEST_F(FetchSessionsTest, EpochsMustFollowEachOther) {
  FetchSessions sessions(10);
  const int32_t id = open(sessions, {0});
  EXPECT_EQ(sessions.begin(request(id, 2, {}), 11, now).error().code, Errc::InvalidFetchSessionEpoch);
  EXPECT_EQ(sessions.begin(request(id + 1, 1, {}), 11, now).error().code, Errc::FetchSessionIdNotFound);
  EXPECT_EQ(sessions.begin(request(id, 1, {}), 13, now).error().code, Errc::FetchSessionTopicIdError);
  const auto first = sessions.begin(request(id, 1, {}), 11, now);
  const auto second = sessions.begin(request(id, 2, {}), 11, now);
  EXPECT_EQ(sessions.end(*first, now, chance).error().code, Errc::InvalidFetchSessionEpoch);
  EXPECT_TRUE(sessions.end(*second, now, chance).has_value());
}

TEST_F(FetchSessionsTest, AFullFetchClosesTheSessionItNames) {
  FetchSessions sessions(10);
  const int32_t id = open(sessions, {0});
  const auto last = sessions.begin(request(id, -1, {0}), 11, now);
  EXPECT_FALSE(last->is_incremental);
  EXPECT_EQ(sessions.end(*last, now, chance).value(), 0);
  EXPECT_EQ(sessions.size(), 0U);
}

TEST_F(FetchSessionsTest, AnEmptySessionEnds) {
  FetchSessions sessions(10);
  const int32_t id = open(sessions, {0});
  FetchRequest change = request(id, 1, {});
  change.forgotten_topics_data.emplace_back().topic = "t";
  change.forgotten_topics_data[0].partitions = {0};
  EXPECT_FALSE(sessions.begin(change, 11, now)->is_incremental);
  EXPECT_EQ(sessions.size(), 0U);
}

TEST_F(FetchSessionsTest, ASlotIsTakenFromTheIdleOrFromTheSmallerAndOlder) {
  FetchSessions sessions(2);
  EXPECT_GT(open(sessions, {0}), 0);
  const int32_t busy = open(sessions, {0, 1});
  EXPECT_EQ(open(sessions, {0, 1, 2}), 0) << "both are young";
  now += std::chrono::seconds(121);
  EXPECT_TRUE(sessions.begin(request(busy, 1, {}), 11, now).has_value());
  EXPECT_GT(open(sessions, {0}), 0) << "one has been idle";
  EXPECT_EQ(open(sessions, {0, 1}), 0) << "none that is old enough is smaller";
  EXPECT_GT(open(sessions, {0, 1, 2}), 0) << "one that is old is smaller";
  EXPECT_EQ(sessions.size(), 2U);
}

TEST_F(FetchSessionsTest, PartitionsOfAllSessionsAreBounded) {
  FetchSessions sessions(10, 3);
  const int32_t id = open(sessions, {0, 1});
  EXPECT_EQ(open(sessions, {0, 1}), 0);
  const auto grown = sessions.begin(request(id, 1, {2, 3}), 11, now);
  EXPECT_FALSE(grown->is_incremental);
  EXPECT_EQ(grown->session->size(), 4U);
  EXPECT_EQ(sessions.end(*grown, now, chance).value(), 0);
  EXPECT_GT(open(sessions, {0, 1, 2}), 0);
}

TEST_F(FetchSessionsTest, AnAnswerIsNewsIfSomethingMoved) {
  FetchEntry entry;
  const FetchNews quiet{.high_watermark = Offset{5}, .log_start = Offset{0}};
  EXPECT_TRUE(FetchSession::note(entry, quiet));
  EXPECT_FALSE(FetchSession::note(entry, quiet));
  EXPECT_TRUE(FetchSession::note(entry, {.high_watermark = Offset{6}, .log_start = Offset{0}}));
  EXPECT_TRUE(FetchSession::note(entry, {.high_watermark = Offset{6}, .log_start = Offset{0}, .records_size = 1}));
  EXPECT_TRUE(FetchSession::note(entry, {.has_error = true}));
  EXPECT_TRUE(FetchSession::note(entry, {.high_watermark = Offset{6}, .log_start = Offset{0}})) << "the error is over";
}

}  // namespace
}  // namespace odradek::api
