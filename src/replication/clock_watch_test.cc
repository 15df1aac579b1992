#include "replication/clock_watch.h"

#include <gtest/gtest.h>

namespace odradek::replication {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr runtime::MonotonicTime begin{hours(5)};
constexpr runtime::WallMs wall = 1'800'000'000'000;

TEST(ClockWatch, ClocksThatGoTogetherAreCalm) {
  ClockWatch watch;
  EXPECT_FALSE(watch.look(begin, wall));
  EXPECT_FALSE(watch.look(begin + hours(100), wall + 360'000'000));
  EXPECT_TRUE(watch.is_calm(begin + hours(100), minutes(1)));
}

TEST(ClockWatch, AMinuteEitherWayIsNothing) {
  ClockWatch watch;
  EXPECT_FALSE(watch.look(begin, wall));
  EXPECT_FALSE(watch.look(begin, wall + 60'000));
  EXPECT_FALSE(watch.look(begin, wall));
}

TEST(ClockWatch, AClockThatWasSetIsNoticedOnceAndPausesForTheDelay) {
  ClockWatch watch;
  EXPECT_FALSE(watch.look(begin, wall));
  EXPECT_EQ(watch.look(begin + seconds(10), wall + 10'000 + 60'001), 60'001);
  EXPECT_FALSE(watch.is_calm(begin + seconds(10), milliseconds(5000)));
  EXPECT_FALSE(watch.look(begin + seconds(11), wall + 11'000 + 60'001));
  EXPECT_FALSE(watch.is_calm(begin + seconds(14), milliseconds(5000)));
  EXPECT_TRUE(watch.is_calm(begin + seconds(15), milliseconds(5000)));
  EXPECT_EQ(watch.look(begin + seconds(20), wall), -80'001);
  EXPECT_FALSE(watch.is_calm(begin + seconds(20), milliseconds(5000)));
}

}  // namespace
}  // namespace odradek::replication
