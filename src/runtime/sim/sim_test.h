// A test in the simulator. The seed and the number of shards come from the environment (ODRADEK_TEST_SEED,
// ODRADEK_TEST_SHARDS; 1 where unset); a failing test prints both.
//
//   class OffsetIndexTest : public runtime::SimTest {};
//   TEST_F(OffsetIndexTest, SurvivesReopening) { EXPECT_EQ(run(reopened_entries()), 3); }
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "runtime/sim/sim_runtime.h"

namespace odradek::runtime {

inline uint64_t test_number(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}
inline uint64_t test_seed() { return test_number("ODRADEK_TEST_SEED", 1); }
inline uint32_t test_shards() { return static_cast<uint32_t>(test_number("ODRADEK_TEST_SHARDS", 1)); }

class SimTest : public ::testing::Test {
 protected:
  SimTest() : SimTest(SimOptions{.seed = test_seed(), .shards = test_shards()}) {}
  explicit SimTest(SimOptions options) : sim(options) {}

  // Runs the coroutine on the first shard; what it returned.
  template <typename T>
  T run(Task<T> task) {
    return sim.run(std::move(task));
  }
  [[nodiscard]] Shard& shard() { return sim.at(ShardId{0}); }
  [[nodiscard]] FileSystem& files() { return shard().files(); }
  [[nodiscard]] Network& network() { return shard().network(); }
  [[nodiscard]] SimDisk& disk() { return sim.disk(); }

  void TearDown() override {
    if (HasFailure()) {
      std::cerr << "replay with ODRADEK_TEST_SEED=" << sim.seed() << " ODRADEK_TEST_SHARDS=" << sim.size() << "\n";
    }
  }

  SimRuntime sim;
};

// The same on a given seed, for tests that loop over seeds: prints the seed if the body fails.
template <typename Body>
void for_seeds(uint64_t first, uint64_t count, Body body) {
  for (uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimRuntime sim(SimOptions{.seed = seed, .shards = test_shards()});
    body(sim);
    if (::testing::Test::HasFatalFailure()) {
      return;
    }
  }
}

}  // namespace odradek::runtime
