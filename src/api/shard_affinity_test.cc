#include "api/shard_affinity.h"

#include <gtest/gtest.h>

namespace odradek::api {
namespace {

using runtime::ShardId;

constexpr ShardId here{0};
constexpr ShardId there{1};

ShardAffinity after(uint32_t requests) {
  ShardAffinity affinity;
  for (uint32_t i = 0; i < requests; ++i) {
    affinity.worked_on(there);
  }
  return affinity;
}

TEST(ShardAffinity, EnoughRequestsInARowDrawElsewhere) {
  EXPECT_EQ(after(ShardAffinity::enough - 1).elsewhere(here), std::nullopt);
  EXPECT_EQ(after(ShardAffinity::enough).elsewhere(here), there);
  EXPECT_EQ(after(ShardAffinity::enough).elsewhere(there), std::nullopt) << "it is there already";
}

TEST(ShardAffinity, AMemberFollowsItsGroupAfterAFewRequests) {
  ShardAffinity affinity;
  constexpr uint32_t few = ShardAffinity::enough / ShardAffinity::group_request;
  for (uint32_t i = 1; i < few; ++i) {
    affinity.worked_on(there, ShardAffinity::group_request);
  }
  EXPECT_EQ(affinity.elsewhere(here), std::nullopt);
  affinity.worked_on(there, ShardAffinity::group_request);
  EXPECT_EQ(affinity.elsewhere(here), there);
}

TEST(ShardAffinity, WorkOnAnotherShardBeginsANewRow) {
  ShardAffinity affinity = after(ShardAffinity::enough - 1);
  affinity.worked_on(ShardId{2});
  affinity.worked_on(there);
  EXPECT_EQ(affinity.elsewhere(here), std::nullopt);
}

TEST(ShardAffinity, WorkOnSeveralShardsEndsTheRow) {
  ShardAffinity affinity = after(ShardAffinity::enough);
  affinity.worked_on_several();
  EXPECT_EQ(affinity.elsewhere(here), std::nullopt);
}

TEST(ShardAffinity, WhoHasSomethingHereStays) {
  ShardAffinity affinity = after(ShardAffinity::enough);
  affinity.stay();
  EXPECT_EQ(affinity.elsewhere(here), std::nullopt);
}

TEST(ShardAffinity, PuttingItOffCountsAgain) {
  ShardAffinity affinity = after(ShardAffinity::enough);
  affinity.put_off();
  affinity.worked_on(there);
  EXPECT_EQ(affinity.elsewhere(here), std::nullopt);
}

}  // namespace
}  // namespace odradek::api
