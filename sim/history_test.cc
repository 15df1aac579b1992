#include "sim/history.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace odradek::sim {
namespace {

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() { history_.starts_again(); }

  // What the producer writes next, one record, by number.
  void makes(int64_t number) { history_.note_made({producer, number}); }
  void gives_up(int64_t number) { history_.note_given_up(partition_, {producer, number}, 1); }
  [[nodiscard]] bool may_be_acknowledged(int64_t number, int64_t offset) {
    return !history_.note_acknowledged(partition_, Offset{offset}, {producer, number}, {});
  }
  [[nodiscard]] bool may_be_read(int64_t number, int64_t offset) {
    return !history_.note_read(partition_, Offset{offset}, {producer, number}, 1, {});
  }

  // What a reader finds of a compacted partition, one record for each key.
  [[nodiscard]] bool may_be_left(int64_t start, const std::map<int64_t, int64_t>& offset_by_number) {
    std::set<Offset> seen;
    std::map<int64_t, Offset> last_by_key;
    for (const auto& [number, offset] : offset_by_number) {
      seen.insert(Offset{offset});
      last_by_key[Writing{producer, number}.key()] = Offset{offset};
    }
    return !history_.settle(partition_, Offset{start}, *seen.rbegin() + 1, &seen) &&
           !history_.check_compacted(partition_, Offset{start}, last_by_key);
  }

  static constexpr int32_t producer = 1;
  PartitionId partition_{TopicId{}, PartitionIndex{0}};
  History history_;
};

TEST_F(HistoryTest, WhatOneProducerWroteLiesInItsOrder) {
  makes(0);
  makes(1);
  EXPECT_TRUE(may_be_acknowledged(1, 0));
  EXPECT_FALSE(may_be_read(0, 1));
}

TEST_F(HistoryTest, WhatWasGivenUpMayComeAfterWhatWasWrittenLater) {
  makes(0);
  gives_up(0);
  makes(1);
  makes(2);
  EXPECT_TRUE(may_be_acknowledged(1, 0));
  EXPECT_TRUE(may_be_read(0, 1));
  EXPECT_TRUE(may_be_acknowledged(2, 2));
}

TEST_F(HistoryTest, ItMayBeSeenBeforeWhatItCameAfter) {
  makes(0);
  gives_up(0);
  makes(1);
  EXPECT_TRUE(may_be_read(0, 1));
  EXPECT_TRUE(may_be_read(1, 0));
}

TEST_F(HistoryTest, ItMayNotComeBeforeWhatWasWrittenEarlier) {
  makes(0);
  makes(1);
  gives_up(1);
  EXPECT_TRUE(may_be_acknowledged(0, 1));
  EXPECT_FALSE(may_be_read(1, 0));
}

TEST_F(HistoryTest, NothingComesAfterWhatWasWrittenToTheNextBroker) {
  makes(0);
  gives_up(0);
  makes(1);
  history_.starts_again();
  makes(2);
  EXPECT_TRUE(may_be_read(1, 0));
  EXPECT_TRUE(may_be_read(2, 1));
  EXPECT_FALSE(may_be_read(0, 2));
}

TEST_F(HistoryTest, OthersKeepTheirOrderAroundIt) {
  makes(0);
  makes(1);
  gives_up(1);
  makes(2);
  EXPECT_TRUE(may_be_read(1, 9));
  EXPECT_TRUE(may_be_acknowledged(2, 3));
  EXPECT_FALSE(may_be_read(0, 4));
}

TEST_F(HistoryTest, OthersKeepTheirOrderAroundItThoughItIsSeenFirst) {
  makes(0);
  makes(1);
  gives_up(1);
  makes(2);
  EXPECT_TRUE(may_be_read(1, 9));
  EXPECT_TRUE(may_be_acknowledged(0, 4));
  EXPECT_FALSE(may_be_read(2, 3));
}

TEST_F(HistoryTest, TheLastRecordOfEachKeyStays) {
  EXPECT_TRUE(may_be_acknowledged(0, 0));
  EXPECT_TRUE(may_be_acknowledged(1, 1));
  EXPECT_TRUE(may_be_acknowledged(Writing::keys, 2));  // of the key of 0
  EXPECT_TRUE(may_be_left(0, {{1, 1}, {Writing::keys, 2}}));
  EXPECT_FALSE(may_be_left(0, {{Writing::keys, 2}}));
}

TEST_F(HistoryTest, ACompactedLogMayStartWhereItsFirstRecordIsUnlessAnotherIsMissing) {
  EXPECT_TRUE(may_be_acknowledged(0, 0));
  EXPECT_TRUE(may_be_acknowledged(1, 1));
  EXPECT_TRUE(may_be_acknowledged(Writing::keys, 2));
  EXPECT_TRUE(may_be_left(1, {{1, 1}, {Writing::keys, 2}}));
  EXPECT_FALSE(may_be_left(2, {{Writing::keys, 2}}));
}

}  // namespace
}  // namespace odradek::sim
