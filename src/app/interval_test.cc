#include "app/interval.h"

#include <limits>

#include <gtest/gtest.h>

#include "runtime/time.h"

namespace odradek::app {
namespace {

constexpr int64_t longest = std::numeric_limits<int64_t>::max();

TEST(Interval, IsWhatTheOptionSays) {
  EXPECT_EQ(interval(1500), std::chrono::milliseconds(1500));
  EXPECT_EQ(interval(0), std::chrono::milliseconds(0));
  EXPECT_EQ(interval_or_never(1500), std::chrono::milliseconds(1500));
}

TEST(Interval, CountedFromNowIsAlwaysToCome) {
  EXPECT_GT(interval(longest), std::chrono::years(50));
  EXPECT_LT(interval(longest), runtime::Duration::max() / 2);
  EXPECT_EQ(interval_or_never(longest), interval(longest));
}

TEST(Interval, NoneAtAllMayMeanNever) {
  EXPECT_EQ(interval_or_never(0), interval(longest));
  EXPECT_EQ(interval_or_never(-1), interval(longest));
}

}  // namespace
}  // namespace odradek::app
