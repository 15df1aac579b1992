#include "runtime/timer.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/random.h"

namespace odradek::runtime {
namespace {

MonotonicTime at(int64_t ms) { return MonotonicTime(std::chrono::milliseconds(ms)); }

TEST(TimerQueue, FiresInTheOrderOfDueTimesAndThenOfArming) {
  TimerQueue queue;
  std::vector<int> fired;
  Timer a;
  Timer b;
  Timer c;
  a.arm(queue, at(20), [&] { fired.push_back(1); });
  b.arm(queue, at(10), [&] { fired.push_back(2); });
  c.arm(queue, at(20), [&] { fired.push_back(3); });
  EXPECT_EQ(queue.next_due(), at(10));
  queue.fire(at(19));
  EXPECT_EQ(fired, std::vector<int>{2});
  queue.fire(at(20));
  EXPECT_EQ(fired, (std::vector<int>{2, 1, 3}));
  EXPECT_EQ(queue.next_due(), std::nullopt);
  EXPECT_FALSE(a.is_armed());
}

TEST(TimerQueue, DestroyingATimerCancelsIt) {
  TimerQueue queue;
  {
    Timer gone;
    gone.arm(queue, at(1), [] { FAIL(); });
  }
  EXPECT_EQ(queue.size(), 0U);
  queue.fire(at(2));
}

TEST(TimerQueue, ATimerArmedForThePastByACallbackWaitsForTheNextTurn) {
  TimerQueue queue;
  int fired = 0;
  Timer timer;
  timer.arm(queue, at(1), [&] { timer.arm(queue, at(0), [&] { ++fired; }); });
  queue.fire(at(5));
  EXPECT_EQ(fired, 0);
  queue.fire(at(6));
  EXPECT_EQ(fired, 1);
}

TEST(TimerQueue, AnyOrderOfArmingMovingAndCancellingFiresByTime) {
  Random chance(42);
  TimerQueue queue;
  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<int64_t> fired;
  for (int i = 0; i < 500; ++i) {
    timers.push_back(std::make_unique<Timer>());
  }
  std::vector<bool> armed(timers.size());
  for (int i = 0; i < 5000; ++i) {
    const size_t which = chance.below(timers.size());
    const auto due = static_cast<int64_t>(chance.below(1000));
    armed[which] = !chance.one_in(3);
    if (armed[which]) {
      timers[which]->arm(queue, at(due), [&fired, due] { fired.push_back(due); });
    } else {
      timers[which]->cancel();
    }
  }
  queue.fire(at(1000));
  EXPECT_TRUE(std::ranges::is_sorted(fired));
  EXPECT_EQ(fired.size(), static_cast<size_t>(std::ranges::count(armed, true)));
}

}  // namespace
}  // namespace odradek::runtime
