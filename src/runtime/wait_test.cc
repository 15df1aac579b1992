#include "runtime/wait.h"

#include <vector>

#include "runtime/sim/sim_test.h"
#include "runtime/task_group.h"

namespace odradek::runtime {
namespace {

// Runs with ODRADEK_TEST_SHARDS shards.
class WaitTest : public SimTest {};

Task<bool> wait_for(Signal& signal, Deadline deadline) {
  Waiter waiter;
  waiter.subscribe(signal);
  co_return co_await waiter.wait(deadline);
}

Task<void> note_when(Signal& signal, std::vector<bool>& notes) {
  const bool notified = co_await wait_for(signal, never);
  notes.push_back(notified);
}

TEST_F(WaitTest, EveryWaiterOfASignalWakesOnceInALaterTurn) {
  Signal signal;
  std::vector<bool> notes;
  TaskGroup group;
  group.spawn(note_when(signal, notes));
  group.spawn(note_when(signal, notes));
  signal.notify_all();
  EXPECT_TRUE(notes.empty());
  run(group.join());
  EXPECT_EQ(notes, (std::vector<bool>{true, true}));
  EXPECT_FALSE(signal.has_waiters());
}

TEST_F(WaitTest, AWaitEndsFalseAtItsDeadline) {
  Signal signal;
  const MonotonicTime due = shard().in(std::chrono::seconds(5));
  EXPECT_FALSE(run(wait_for(signal, due)));
  EXPECT_GE(shard().now(), due);
  EXPECT_LT(shard().now(), due + std::chrono::milliseconds(1));
}

Task<bool> notified_before_waiting(Signal& signal) {
  Waiter waiter;
  waiter.subscribe(signal);
  signal.notify_all();
  co_return co_await waiter.wait(Shard::current().now());
}

TEST_F(WaitTest, AChangeBetweenSubscribingAndWaitingIsNotMissed) {
  Signal signal;
  EXPECT_TRUE(run(notified_before_waiting(signal)));
}

Task<bool> wait_for_either(Signal& a, Signal& b) {
  Waiter waiter;
  waiter.subscribe(a);
  waiter.subscribe(b);
  co_return co_await waiter.wait(Shard::current().in(std::chrono::seconds(1)));
}

TEST_F(WaitTest, AWaiterHearsAnyOfItsSignals) {
  Signal a;
  Signal b;
  Timer timer;
  timer.arm(shard().timers(), shard().in(std::chrono::milliseconds(10)), [&b] { b.notify_all(); });
  EXPECT_TRUE(run(wait_for_either(a, b)));
  EXPECT_FALSE(a.has_waiters() || b.has_waiters());
}

TEST_F(WaitTest, AWaiterOutlivesItsSignal) {
  auto signal = std::make_unique<Signal>();
  std::vector<bool> ended;
  TaskGroup group;
  group.spawn([](Signal& gone, std::vector<bool>& to) -> Task<void> {
    to.push_back(co_await wait_for(gone, Shard::current().in(std::chrono::seconds(1))));
  }(*signal, ended));
  signal.reset();
  run(group.join());
  EXPECT_EQ(ended, std::vector<bool>{false});
}

TEST_F(WaitTest, AResumptionIsForgottenWhenItsFrameGoes) {
  Resumption other;
  {
    Resumption gone;
    shard().resume_soon(gone, std::noop_coroutine());
    EXPECT_TRUE(gone.is_scheduled());
  }
  shard().resume_soon(other, std::noop_coroutine());
  sim.run_for(std::chrono::seconds(1));
  EXPECT_FALSE(other.is_scheduled());
}

Task<void> take_turn(Turnstile& turnstile, int who, std::vector<int>& order) {
  const auto turn = co_await turnstile.acquire();
  order.push_back(who);
  co_await sleep_for(std::chrono::milliseconds(who % 3));
  order.push_back(who);
}

TEST_F(WaitTest, TurnsAreTakenOneByOneInTheOrderOfAsking) {
  Turnstile turnstile;
  std::vector<int> order;
  TaskGroup group;
  for (int who = 0; who < 4; ++who) {
    group.spawn(take_turn(turnstile, who, order));
  }
  EXPECT_TRUE(turnstile.is_taken());
  run(group.join());
  EXPECT_EQ(order, (std::vector<int>{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_FALSE(turnstile.is_taken());
}

TEST_F(WaitTest, AGateLetsNobodyInOnceClosedAndWaitsForThoseInside) {
  Gate gate;
  auto pass = gate.enter();
  ASSERT_TRUE(pass.has_value());
  bool closed = false;
  TaskGroup group;
  group.spawn([](Gate& of, bool& to) -> Task<void> {
    co_await of.close();
    to = true;
  }(gate, closed));
  EXPECT_EQ(gate.enter().error().code, Errc::Cancelled);
  sim.run_for(std::chrono::seconds(1));
  EXPECT_FALSE(closed);
  *pass = Gate::Pass();
  run(group.join());
  EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace odradek::runtime
