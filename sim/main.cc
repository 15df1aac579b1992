// Lives many seeds, or one of them again; shows that planted bugs are noticed.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "observe/log.h"
#include "runtime/sim/sim_runtime.h"
#include "sim/crew.h"
#include "sim/life.h"
#include "sim/planted_bugs.h"

// A killed broker's memory is left where it is, on purpose. The sanitizer chose the name. NOLINTNEXTLINE
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace odradek::sim {
namespace {

struct Arguments {
  uint64_t seeds = 10'000;
  double seconds = 0;  // if above 0: for so long, however many seeds that is
  uint64_t first = 1;
  std::optional<uint64_t> seed;
  uint32_t shards = 0;  // 0: 1, 2 and 4 in turn
  uint32_t jobs = std::max(1U, std::thread::hardware_concurrency());
  std::string bug;
  bool verbose = false;
};

uint32_t shards_of(uint64_t seed, const Arguments& arguments) {
  constexpr uint32_t turns[] = {1, 2, 4};
  return arguments.shards > 0 ? arguments.shards : turns[seed % 3];
}

Outcome live(uint64_t seed, uint32_t shards, const PlantedBug* bug) {
  auto world = std::make_unique<runtime::SimRuntime>(runtime::SimOptions{.seed = seed});
  auto life = std::make_unique<Life>(*world, shards);
  if (bug != nullptr) {
    bug->plant(
        {.disk = world->disk().lies(), .group = life->group_lies(), .clock_stays_fast = life->clock_stays_fast()});
  }
  Outcome outcome{
      .wrong = life->live(), .acknowledged = life->history().acknowledged(), .read = life->history().read()};
  if (!life->has_ended()) {
    static_cast<void>(life.release());
    static_cast<void>(world.release());
  }
  return outcome;
}

std::string again(uint64_t seed, uint32_t shards) { return fmt::format("--seed {} --shards {}", seed, shards); }

int live_one(const Arguments& arguments, const PlantedBug* bug) {
  const uint64_t seed = *arguments.seed;
  const uint32_t shards = shards_of(seed, arguments);
  const Outcome outcome = live(seed, shards, bug);
  std::cout << fmt::format("{}: {}\n{} records acknowledged, {} read\n", again(seed, shards),
                           outcome.wrong.value_or("all is well"), outcome.acknowledged, outcome.read);
  return outcome.wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

int live_many(const Arguments& arguments) {
  const auto start = Clock::now();
  uint64_t passed = 0;
  uint64_t failed = 0;
  uint64_t acknowledged = 0;
  uint64_t read = 0;
  Crew crew(arguments.jobs, [&](uint64_t seed) { return live(seed, shards_of(seed, arguments), nullptr); });
  const uint64_t count = arguments.seconds > 0 ? UINT64_MAX : arguments.seeds;
  crew.work(arguments.first, count, [&](uint64_t seed, const Outcome& outcome) {
    ++(outcome.wrong ? failed : passed);
    acknowledged += outcome.acknowledged;
    read += outcome.read;
    if (outcome.wrong) {
      const uint32_t shards = shards_of(seed, arguments);
      std::cout << fmt::format("seed {} with {} shards: {}\n  again with {}\n", seed, shards, *outcome.wrong,
                               again(seed, shards))
                << std::flush;
    }
    return arguments.seconds <= 0 || since(start) < arguments.seconds;
  });
  std::cout << fmt::format("{} seeds in {:.1f} s: {} records acknowledged, {} read\n", passed + failed, since(start),
                           acknowledged, read);
  std::cout << fmt::format("{} passed, {} failed, 0 skipped\n", passed, failed);
  return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

// Every planted bug must be noticed within 1,000 seeds.
int show_that_bugs_are_noticed(const Arguments& arguments) {
  constexpr uint64_t seeds_max = 1000;
  int noticed = 0;
  int missed = 0;
  for (const PlantedBug& bug : planted_bugs) {
    if (arguments.bug != "all" && arguments.bug != bug.name) {
      continue;
    }
    const auto start = Clock::now();
    uint64_t lived = 0;
    std::string how;
    Crew crew(arguments.jobs, [&](uint64_t seed) { return live(seed, shards_of(seed, arguments), &bug); });
    crew.work(arguments.first, seeds_max, [&](uint64_t seed, const Outcome& outcome) {
      ++lived;
      if (outcome.wrong) {
        how = fmt::format("{}: {}", again(seed, shards_of(seed, arguments)), *outcome.wrong);
      }
      return how.empty();
    });
    ++(how.empty() ? missed : noticed);
    std::cout << fmt::format("{} ({}) {} after {} seeds, {:.1f} s\n  {}\n", bug.name, bug.what,
                             how.empty() ? "NOT noticed" : "noticed", lived, since(start), how)
              << std::flush;
  }
  std::cout << fmt::format("{} passed, {} failed, 0 skipped\n", noticed, missed);
  return missed == 0 && noticed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(const Arguments& arguments) {
  if (!arguments.verbose) {
    observe::set_log_sink([](const observe::LogRecord&) {});
  }
  const PlantedBug* const bug = find_planted_bug(arguments.bug);
  if (bug == nullptr && !arguments.bug.empty() && arguments.bug != "all") {
    std::cerr << "there is no planted bug " << arguments.bug << "\n";
    return 2;
  }
  if (arguments.seed) {
    return live_one(arguments, bug);
  }
  return arguments.bug.empty() ? live_many(arguments) : show_that_bugs_are_noticed(arguments);
}

}  // namespace
}  // namespace odradek::sim

int main(int argc, char** argv) {
  CLI::App app("Brokers on a simulated machine, one life per seed");
  odradek::sim::Arguments arguments;
  app.add_option("--seeds", arguments.seeds, "how many seeds to live");
  app.add_option("--seconds", arguments.seconds, "or: for how long");
  app.add_option("--first", arguments.first, "the first seed");
  app.add_option("--seed", arguments.seed, "only this seed");
  app.add_option("--shards", arguments.shards, "shards of the broker; by turns 1, 2 and 4 if not given");
  app.add_option("--jobs", arguments.jobs, "processes at a time");
  app.add_option("--bug", arguments.bug, "with this planted bug, or all of them: is it noticed?");
  app.add_flag("--verbose", arguments.verbose, "show what the brokers log");
  CLI11_PARSE(app, argc, argv);
  return odradek::sim::run(arguments);
}
