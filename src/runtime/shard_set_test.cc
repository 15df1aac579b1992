#include "runtime/shard_set.h"

#include <memory>
#include <vector>

#include "runtime/sim/sim_test.h"
#include "runtime/task_group.h"

namespace odradek::runtime {
namespace {

// Runs with ODRADEK_TEST_SHARDS shards.
class ShardSetTest : public SimTest {};

Task<uint32_t> where_am_i() {
  co_await yield();
  co_return Shard::current().id().raw();
}

TEST_F(ShardSetTest, ACallRunsOnItsShardAndItsAnswerComesHome) {
  run([](SimRuntime& all) -> Task<void> {
    const ShardId home = Shard::current().id();
    for (uint32_t i = 0; i < all.size(); ++i) {
      const uint32_t there = co_await all.on(ShardId{i}, where_am_i);
      EXPECT_EQ(there, i);
      EXPECT_EQ(Shard::current().id(), home);
    }
  }(sim));
}

Async<std::unique_ptr<int>> double_it(std::unique_ptr<int> number) {
  if (*number < 0) {
    co_return fail(Errc::OffsetOutOfRange, "negative");
  }
  co_return std::make_unique<int>(*number * 2);
}

TEST_F(ShardSetTest, ArgumentsAndResultsMoveAcross) {
  const auto call = [](SimRuntime& all, int number) -> Async<std::unique_ptr<int>> {
    const ShardId last{static_cast<uint32_t>(all.size()) - 1};
    auto argument = std::make_unique<int>(number);
    co_return co_await all.on(last,
                              [argument = std::move(argument)]() mutable { return double_it(std::move(argument)); });
  };
  EXPECT_EQ(**run(call(sim, 21)), 42);
  EXPECT_EQ(run(call(sim, -1)).error().code, Errc::OffsetOutOfRange);
}

TEST_F(ShardSetTest, OnAllAnswersInTheOrderOfTheShards) {
  const auto answers = run(sim.on_all(where_am_i));
  ASSERT_EQ(answers.size(), sim.size());
  for (uint32_t i = 0; i < sim.size(); ++i) {
    EXPECT_EQ(answers[i], i);
  }
}

TEST_F(ShardSetTest, OnAllOfVoidWaitsForAll) {
  std::vector<int> visits(sim.size());
  run(sim.on_all([&visits] {
    return [](std::vector<int>& to) -> Task<void> {
      co_await sleep_for(std::chrono::milliseconds(1 + Shard::current().id().raw()));
      ++to[Shard::current().id().raw()];
    }(visits);
  }));
  EXPECT_EQ(visits, std::vector<int>(sim.size(), 1));
}

TEST(SimRuntime, TheSameSeedReplaysTheSameRun) {
  const auto trace_of = [](uint64_t seed) {
    SimRuntime sim(SimOptions{.seed = seed, .shards = test_shards()});
    std::vector<int> trace;
    TaskGroup group;
    for (int who = 0; who < 8; ++who) {
      group.spawn([](std::vector<int>& to, int me) -> Task<void> {
        for (int i = 0; i < 5; ++i) {
          co_await yield();
          to.push_back(me);
        }
      }(trace, who));
    }
    sim.run(group.join());
    return trace;
  };
  EXPECT_EQ(trace_of(7), trace_of(7));
  EXPECT_NE(trace_of(7), trace_of(8));
}

}  // namespace
}  // namespace odradek::runtime
