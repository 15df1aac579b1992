// Lives many seeds, or one of them again.

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "observe/log.h"
#include "runtime/sim/sim_runtime.h"
#include "sim/life.h"

namespace {

struct Arguments {
  uint64_t seeds = 0;  // how many; 0: as many as fit into `seconds`
  uint64_t first_seed = 1;
  double seconds = 0;
  uint32_t shards = 0;  // 0: 1, 2 and 4 in turn
  bool verbose = false;
};

// The first and last seeds that were lived, what went wrong, and how much was done.
struct Tally {
  uint64_t passed = 0;
  uint64_t failed = 0;
  uint64_t acknowledged = 0;
  uint64_t read = 0;
};

void live(uint64_t seed, uint32_t shards, Tally& tally) {
  odradek::runtime::SimRuntime world({.seed = seed, .shards = shards});
  odradek::sim::Life life(world);
  const auto wrong = life.live();
  tally.acknowledged += life.history().acknowledged();
  tally.read += life.history().read();
  if (wrong) {
    ++tally.failed;
    std::cout << fmt::format("seed {} with {} shards: {}\n  again with --seed {} --shards {}\n", seed, shards, *wrong,
                             seed, shards);
  } else {
    ++tally.passed;
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Brokers on a simulated machine, one life per seed");
  Arguments arguments;
  uint64_t seed = 0;
  app.add_option("--seeds", arguments.seeds, "how many seeds to live");
  app.add_option("--seconds", arguments.seconds, "or: for how long");
  app.add_option("--first", arguments.first_seed, "the first seed");
  const auto* one = app.add_option("--seed", seed, "only this seed");
  app.add_option("--shards", arguments.shards, "shards of each broker; by turns 1, 2 and 4 if not given");
  app.add_flag("--verbose", arguments.verbose, "show what the brokers log");
  CLI11_PARSE(app, argc, argv);
  if (*one) {
    arguments.first_seed = seed;
    arguments.seeds = 1;
  }
  if (!arguments.verbose) {
    odradek::observe::set_log_sink([](const odradek::observe::LogRecord&) {});
  }

  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto elapsed = [start] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  constexpr uint64_t seeds_default = 1000;
  const uint64_t seeds_max = arguments.seeds > 0 ? arguments.seeds : arguments.seconds > 0 ? UINT64_MAX : seeds_default;
  Tally tally;
  for (uint64_t i = 0; i < seeds_max && (arguments.seconds <= 0 || elapsed() < arguments.seconds); ++i) {
    const uint64_t current = arguments.first_seed + i;
    const uint32_t turns[] = {1, 2, 4};
    live(current, arguments.shards > 0 ? arguments.shards : turns[current % 3], tally);
  }
  std::cout << fmt::format("{} seeds in {:.1f} s: {} records acknowledged, {} read\n", tally.passed + tally.failed,
                           elapsed(), tally.acknowledged, tally.read);
  std::cout << fmt::format("{} passed, {} failed, 0 skipped\n", tally.passed, tally.failed);
  return tally.failed == 0 && tally.passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
