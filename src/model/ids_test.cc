#include "model/ids.h"

#include <type_traits>
#include <unordered_set>

#include <gtest/gtest.h>

namespace odradek {
namespace {

static_assert(!std::is_convertible_v<int64_t, Offset>);
static_assert(!std::is_convertible_v<Offset, int64_t>);
static_assert(!std::is_convertible_v<LeaderEpoch, PartitionEpoch>);

TEST(Offset, MovesByCountsAndDiffersByThem) {
  EXPECT_EQ(Offset{5} + 3, Offset{8});
  EXPECT_EQ(Offset{5} - Offset{8}, -3);
  EXPECT_LT(Offset{5}, Offset{8});
}

TEST(StrongId, IsPrintedAsItsNumber) {
  EXPECT_EQ(fmt::format("{}", NodeId{-1}), "-1");
  EXPECT_EQ(fmt::format("{}", TopicPartition{"foo", PartitionIndex{3}}), "foo-3");
}

TEST(PartitionId, EqualIdsHashAlike) {
  std::unordered_set<PartitionId> ids;
  const TopicId topic(Uuid(7, 9));
  ids.insert({topic, PartitionIndex{0}});
  ids.insert({topic, PartitionIndex{1}});
  ids.insert({TopicId(Uuid(7, 9)), PartitionIndex{1}});
  EXPECT_EQ(ids.size(), 2U);
}

}  // namespace
}  // namespace odradek
