#include "sim/nemesis.h"

#include <functional>
#include <iterator>
#include <vector>

namespace odradek::sim {
namespace {

// How far a power cut may reach back where records are acknowledged before they are on the disk:
// odradek.flush.interval.ms and what a slow disk adds.
constexpr auto background_flush_max = std::chrono::seconds(3);

}  // namespace

void Nemesis::begin_reign() {
  runtime::Random& chance = stage_.world.chance();
  const Swarm& swarm = stage_.swarm;
  std::vector<Ending> endings = {Ending::Stop};
  if (swarm.kills) {
    endings.insert(endings.end(), 3, Ending::Kill);
  }
  if (swarm.cuts_power) {
    endings.insert(endings.end(), 3, Ending::PowerCut);
  }
  ending_ = endings[chance.below(endings.size())];
  const uint64_t length_ms = chance.one_in(16) ? 20'000 : 50 + chance.below(1'500);
  reign_ends_ = stage_.world.now() + std::chrono::milliseconds(length_ms);
  is_calm_ = false;
  syncs_failed_ = false;
  was_cut_ = false;
  started_ = runtime::never;
  stage_.disk_fails = false;
  stage_.clock_was_back = false;
  if (swarm.io_errors && chance.one_in(3)) {
    stage_.disk_fails = true;
    stage_.world.disk().faults().io_error_one_in = 20 + chance.below(500);
  }
  if (swarm.fills_disk && chance.one_in(4)) {  // a start on a full disk
    stage_.disk_fails = true;
    stage_.world.disk().faults().capacity_bytes = stage_.world.disk().used_bytes() + chance.below(2'048);
  }
  if (swarm.slow_syncs) {
    stage_.world.disk().faults().sync_delay_max = std::chrono::milliseconds(1 + chance.below(100));
  }
  if (ending_ != Ending::Stop) {
    arm();
  }
}

// Half of the time at some step, half of the time just after some operation on the disk; early ones as often as late.
void Nemesis::arm() {
  runtime::SimRuntime& world = stage_.world;
  const uint64_t count = 1 + world.chance().below(uint64_t{8} << world.chance().below(11));
  std::function<bool()> due;
  if (world.chance().one_in(2)) {
    due = [&world, at = world.steps() + count * 8] { return world.steps() >= at; };
  } else {
    due = [&world, at = world.disk().operations() + count] { return world.disk().operations() >= at; };
  }
  world.interrupt(std::move(due), [this] {
    if (!is_calm_) {
      static_cast<void>(strike());
    }
  });
}

bool Nemesis::strike() {
  if (!broker_.is_running()) {
    return true;
  }
  switch (ending_) {
    case Ending::Stop: return false;
    case Ending::Kill: broker_.kill(); return true;
    case Ending::PowerCut:
      broker_.kill();
      cut_power(flushed_before());
      return true;
  }
  return true;
}

void Nemesis::cut_power(runtime::MonotonicTime flushed_before) {
  log_.info("power_cut").with("step", stage_.world.steps());
  was_cut_ = true;
  stage_.history.power_cut(flushed_before);
  stage_.world.disk().crash();
}

void Nemesis::aftermath(bool was_clean_stop) {
  const bool may_be_cut = was_clean_stop && stage_.swarm.cuts_power && stage_.world.chance().one_in(4);
  if (!was_cut_ && (syncs_failed_ || may_be_cut)) {
    // What was there before a clean stop is on the disk.
    cut_power(was_clean_stop ? runtime::never : flushed_before());
  }
}

void Nemesis::end_of_start() {
  stage_.world.disk().faults().io_error_one_in = 0;
  started_ = stage_.world.now();
}

// Only a broker that has run for so long has flushed, also what one that was killed had left.
runtime::MonotonicTime Nemesis::flushed_before() const {
  const runtime::MonotonicTime before = stage_.world.now() - background_flush_max;
  return stage_.disk_fails || started_ > before ? runtime::MonotonicTime::min() : before;
}

runtime::Task<void> Nemesis::rage() {
  runtime::Random& chance = stage_.world.chance();
  while (!is_calm_) {
    const auto pause = std::chrono::milliseconds(1 + chance.below(150));
    static_cast<void>(co_await calmed_.wait(stage_.world.now() + pause));
    if (is_calm_ || !stage_.is_open()) {
      continue;
    }
    hit_disk();
    hit_network();
  }
}

void Nemesis::hit_disk() {
  runtime::Random& chance = stage_.world.chance();
  const Swarm& swarm = stage_.swarm;
  runtime::DiskFaults& faults = stage_.world.disk().faults();
  const std::vector<std::string> directories = swarm.directories();
  if (swarm.io_errors && chance.one_in(4)) {
    stage_.disk_fails = true;
    faults.under = directories[chance.below(directories.size())];
    faults.io_error_one_in = faults.io_error_one_in > 0 ? 0 : 10 + chance.below(500);
  }
  if (swarm.sync_errors && chance.one_in(4)) {
    stage_.disk_fails = true;
    faults.under = directories[chance.below(directories.size())];
    faults.sync_error_one_in = 1 + chance.below(20);
    // What such a sync has lost shows only once memory is lost too: before a process may trust the disk again, the
    // machine starts anew (aftermath() sees to it where this comes too late).
    if (!syncs_failed_) {
      syncs_failed_ = true;
      ending_ = Ending::PowerCut;
    }
  }
  if (swarm.fills_disk && chance.one_in(4)) {
    stage_.disk_fails = true;
    const bool is_full = faults.capacity_bytes != ~0ULL;
    faults.capacity_bytes = is_full ? ~0ULL : stage_.world.disk().used_bytes() + chance.below(8'192);
  }
}

void Nemesis::hit_network() {
  runtime::SimRuntime& world = stage_.world;
  runtime::Random& chance = world.chance();
  if (stage_.swarm.holds_network && chance.one_in(4)) {
    const runtime::MonotonicTime until = world.now() + std::chrono::milliseconds(chance.below(300));
    if (!chance.one_in(3)) {
      world.wires().hold(runtime::Way::ToListener, until);
    }
    if (!chance.one_in(3)) {
      world.wires().hold(runtime::Way::FromListener, until);
    }
  }
  if (stage_.swarm.resets_connections && chance.one_in(4)) {
    world.wires().reset(1 + chance.below(3), chance);
  }
}

// As somebody may who mistypes a date. A fast clock makes all that is kept look old: the broker has to notice, and to
// delete nothing by its age for as long as it would take to delete files; by then the clock is right again. A slow one
// may stay for longer. When a broker starts, the clock is right: who has not seen another time cannot know.
runtime::Task<void> Nemesis::turn_clock() {
  runtime::Random& chance = stage_.world.chance();
  const auto wait_below = [&](int64_t ms) {
    const auto pause = std::chrono::milliseconds(1 + chance.below(static_cast<uint64_t>(ms)));
    return clock_calmed_.wait(stage_.world.now() + pause);
  };
  while (!is_calm_) {
    static_cast<void>(co_await wait_below(400));
    if (is_calm_ || !stage_.is_open()) {
      continue;
    }
    constexpr std::chrono::milliseconds errors[] = {std::chrono::minutes(2), std::chrono::hours(2),
                                                    std::chrono::days(10), std::chrono::days(400)};
    const std::chrono::milliseconds error = errors[chance.below(std::size(errors))];
    const bool is_fast = chance.one_in(2);
    constexpr int64_t long_ms = 5'000;
    const int64_t most_ms = is_fast && !clock_stays_fast_ ? stage_.swarm.file_delete_delay_ms / 2 : long_ms;
    if (most_ms == 0) {
      continue;
    }
    shift_clock(is_fast ? error : -error);
    static_cast<void>(co_await wait_below(most_ms));
    shift_clock(is_fast ? -error : error);
  }
}

void Nemesis::shift_clock(std::chrono::milliseconds by) {
  stage_.world.shift_wall(by);
  stage_.clock_error_ms += by.count();
  stage_.clock_was_back = stage_.clock_was_back || stage_.clock_error_ms <= -3'600'000;
  log_.info("clock_set").with("error_ms", stage_.clock_error_ms).with("step", stage_.world.steps());
}

void Nemesis::calm() {
  is_calm_ = true;
  stage_.world.disk().faults() = {};
  calmed_.notify();
  clock_calmed_.notify();
}

}  // namespace odradek::sim
