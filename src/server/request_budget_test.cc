#include "server/request_budget.h"

#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/sim/sim_test.h"
#include "runtime/task_group.h"
#include "server/server_fixture.h"

namespace odradek::server {
namespace {

using Share = RequestBudget::Share;
using Kind = RequestBudget::Kind;

class RequestBudgetTest : public runtime::SimTest {
 protected:
  ~RequestBudgetTest() override { run(tasks_.join()); }

  // Asks in the background; the share is there once it was granted.
  void ask(uint64_t bytes, std::optional<Share>& into, Kind kind = Kind::Small) {
    tasks_.spawn(take_into(budget_, bytes, kind, into));
  }
  void settle() { sim.run_for(std::chrono::milliseconds(1)); }
  Result<> grow(Share& share, uint64_t bytes) {
    return run(budget_.grow(share, bytes, sim.now() + std::chrono::seconds(10)));
  }

  RequestBudget budget_{100};
  runtime::TaskGroup tasks_;

 protected:
  static runtime::Task<void> grow_into(RequestBudget& budget, Share& share, uint64_t bytes, runtime::Deadline deadline,
                                       std::optional<Errc>& outcome) {
    const Result<> grown = co_await budget.grow(share, bytes, deadline);
    outcome = grown ? Errc::Unknown : grown.error().code;
  }

 private:
  static runtime::Task<void> take_into(RequestBudget& budget, uint64_t bytes, Kind kind, std::optional<Share>& into) {
    Share share = co_await budget.take(bytes, kind);
    into.emplace(std::move(share));
  }
};

TEST_F(RequestBudgetTest, WhoFindsItSpentWaitsForARelease) {
  Share first = run(budget_.take(80));
  std::optional<Share> second;
  ask(30, second);
  settle();
  EXPECT_FALSE(second.has_value());
  first.release();
  settle();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(budget_.held(), 30);
}

TEST_F(RequestBudgetTest, ASmallRequestDoesNotOvertakeALargeOne) {
  Share first = run(budget_.take(80));
  std::optional<Share> large;
  std::optional<Share> small;
  ask(90, large);
  ask(10, small);
  settle();
  EXPECT_FALSE(small.has_value());
  first.release();
  settle();
  ASSERT_TRUE(large.has_value());
  ASSERT_TRUE(small.has_value());
}

TEST_F(RequestBudgetTest, OneLargerThanTheBudgetIsServedAlone) {
  std::optional<Share> first(run(budget_.take(1)));
  std::optional<Share> large;
  ask(1000, large);
  settle();
  EXPECT_FALSE(large.has_value());
  first.reset();
  settle();
  EXPECT_TRUE(large.has_value());
}

TEST_F(RequestBudgetTest, TheOnlyHolderMayGrowBeyondTheBudget) {
  Share share = run(budget_.take(60, Kind::Large));
  EXPECT_TRUE(grow(share, 1000).has_value());
  EXPECT_EQ(share.bytes(), 1060);
  share.release();
  EXPECT_EQ(budget_.held(), 0);
}

TEST_F(RequestBudgetTest, AShareThatGrowsDoesNotQueueBehindThoseThatWaitForIt) {
  Share a = run(budget_.take(40, Kind::Large));
  Share b = run(budget_.take(35, Kind::Large));
  std::optional<Share> newcomer;
  ask(30, newcomer);
  settle();
  const auto start = sim.now();
  const Result<> grown = grow(a, 50);
  ASSERT_FALSE(grown.has_value());
  EXPECT_EQ(grown.error().code, Errc::RequestTimedOut);
  EXPECT_LE(sim.now() - start, std::chrono::seconds(11));
  b.release();
  settle();
  EXPECT_TRUE(newcomer.has_value());
}

TEST_F(RequestBudgetTest, LargeRequestsLeaveAQuarterToSmallOnes) {
  RequestBudget budget(80);
  Share first = run(budget.take(30, Kind::Large));
  Share second = run(budget.take(30, Kind::Large));
  Share small = run(budget.take(10));
  EXPECT_EQ(budget.held(), 70);
  EXPECT_FALSE(run(budget.grow(first, 1, sim.now())).has_value());
  EXPECT_FALSE(budget.is_plentiful());
}

// It may be larger than the budget, and small ones come and go all the time.
TEST_F(RequestBudgetTest, TheOnlyLargeRequestGrowsWhateverSmallOnesHold) {
  Share small = run(budget_.take(20));
  Share large = run(budget_.take(50, Kind::Large));
  EXPECT_TRUE(grow(large, 1000).has_value());
  std::optional<Share> another;
  ask(1, another, Kind::Large);
  settle();
  EXPECT_FALSE(another.has_value());
  large.release();
  settle();
  EXPECT_TRUE(another.has_value());
}

TEST_F(RequestBudgetTest, SmallRequestsHaveTheirQuarterWhateverLargeOnesHold) {
  Share large = run(budget_.take(1000, Kind::Large));
  std::optional<Share> first(run(budget_.take(20)));
  std::optional<Share> second;
  ask(10, second);
  settle();
  EXPECT_FALSE(second.has_value()) << "that would be more than a quarter";
  first.reset();
  settle();
  EXPECT_TRUE(second.has_value());
}

TEST_F(RequestBudgetTest, RepliesLeaveNoQuarterToSmallRequests) {
  Share share = run(budget_.take(1));
  budget_.add(share, 100);
  std::optional<Share> small;
  ask(1, small);
  settle();
  EXPECT_FALSE(small.has_value());
  share.release();
  settle();
  EXPECT_TRUE(small.has_value());
}

// Others come and go all the time: that must not put the end off.
TEST_F(RequestBudgetTest, WhoGrowsGivesUpInTimeWhateverIsReleased) {
  Share held = run(budget_.take(40, Kind::Large));
  Share grows = run(budget_.take(30, Kind::Large));
  std::optional<Errc> outcome;
  tasks_.spawn(grow_into(budget_, grows, 50, sim.now() + std::chrono::seconds(3), outcome));
  for (int i = 0; i < 400; ++i) {
    run(budget_.take(10)).release();
    sim.run_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(outcome, Errc::RequestTimedOut);
}

TEST_F(RequestBudgetTest, AReplyCountsEvenIfThereIsNoRoom) {
  Share share = run(budget_.take(90));
  budget_.add(share, 50);
  EXPECT_EQ(budget_.held(), 140);
  share.release();
  EXPECT_EQ(budget_.held(), 0);
}

class AwaitedPeerTest : public RequestBudgetTest {
 protected:
  AwaitedPeerTest() : sockets_(run(connect_pair())) {}

  // Whether the peer is still connected once somebody has waited that long for memory.
  bool lives_after(runtime::Duration delay) {
    ask(50, waiting_);
    sim.run_for(delay);
    return !peer_.was_cut_off();
  }

  // Reads, and has answers sent, at twice the pace asked for, for that long.
  void reads_for(runtime::Duration time) { tasks_.spawn(read_for(*sockets_.server, *sockets_.client, time)); }

  SocketPair sockets_;
  Share held_ = run(budget_.take(90));
  AwaitedPeer peer_{budget_, *sockets_.server};
  std::optional<Share> waiting_;

 private:
  static runtime::Task<void> read_for(runtime::Socket& from, runtime::Socket& into, runtime::Duration time) {
    const runtime::Deadline end = runtime::Shard::current().in(time);
    Bytes second(2 * AwaitedPeer::bytes_per_second_min);
    while (runtime::Shard::current().now() < end) {
      ByteChain chain;
      chain.append(Blob(second));
      const Result<> written = co_await from.write(std::move(chain));
      for (size_t got = 0; written && got < second.size();) {
        const Result<size_t> count = co_await into.read_some(second);
        got += count.value();
      }
      co_await runtime::sleep_for(std::chrono::seconds(1));
    }
  }
};

TEST_F(AwaitedPeerTest, ASlowOneIsCutOffForWhoWaits) {
  EXPECT_TRUE(lives_after(AwaitedPeer::grace - std::chrono::seconds(1)));
  sim.run_for(std::chrono::seconds(3));
  EXPECT_TRUE(peer_.was_cut_off());
  held_.release();
  settle();
  EXPECT_TRUE(waiting_.has_value());
}

TEST_F(AwaitedPeerTest, OneThatMovesIsNotUntilItStalls) {
  reads_for(AwaitedPeer::grace * 3);
  EXPECT_TRUE(lives_after(AwaitedPeer::grace * 3));
  sim.run_for(AwaitedPeer::grace * 2);
  EXPECT_TRUE(peer_.was_cut_off());
  held_.release();
  settle();
}

TEST_F(AwaitedPeerTest, OneThatHoldsMuchMustMoveMore) {
  AwaitedPeer large(budget_, *sockets_.server, 100 * AwaitedPeer::bytes_per_second_min);
  reads_for(AwaitedPeer::grace + std::chrono::seconds(2));
  ask(50, waiting_);
  sim.run_for(AwaitedPeer::grace + std::chrono::seconds(3));
  EXPECT_TRUE(large.was_cut_off());
  EXPECT_FALSE(peer_.was_cut_off()) << "that moves as much, and holds less";
  held_.release();
  settle();
}

TEST_F(AwaitedPeerTest, OneThatWaitsForUsIsNot) {
  peer_.pause();
  EXPECT_TRUE(lives_after(std::chrono::seconds(20)));
  peer_.resume();
  sim.run_for(AwaitedPeer::grace - std::chrono::seconds(1));
  EXPECT_FALSE(peer_.was_cut_off());
  held_.release();
  settle();
}

TEST_F(AwaitedPeerTest, NobodyIsWhileThereIsRoom) {
  sim.run_for(std::chrono::minutes(1));
  EXPECT_FALSE(peer_.was_cut_off());
}

TEST_F(RequestBudgetTest, JoinedSharesGoBackTogether) {
  Share all;
  all.join(run(budget_.take(30)));
  all.join(run(budget_.take(20)));
  EXPECT_EQ(all.bytes(), 50);
  Share moved = std::move(all);
  EXPECT_EQ(budget_.held(), 50);
  moved = Share();
  EXPECT_EQ(budget_.held(), 0);
}

}  // namespace
}  // namespace odradek::server
