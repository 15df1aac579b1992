#include "runtime/sim/sim_runtime.h"

#include <string>

namespace odradek::runtime {
namespace {

// A resumption is chosen among this many at the front of a shard's queue, so that nobody waits for ever.
constexpr uint64_t shuffle_window = 8;

}  // namespace

SimShard::SimShard(ShardId id, SimRuntime& world)
    : Shard(id),
      world_(world),
      random_(world.chance().next()),
      files_(world.disk(), *this, world.options().disk_delay_max),
      network_(world.wires(), *this, world.options().network_delay_max) {}

MonotonicTime SimShard::now() const { return world_.now(); }

WallMs SimShard::wall_now() const { return world_.wall_now(); }

void SimShard::run_one(Random& chance) {
  // Posted jobs keep their order; resumptions have none to keep.
  const bool take_job = !inbox_.empty() && (ready_.empty() || chance.one_in(2));
  if (take_job) {
    Job job = std::move(inbox_.front());
    inbox_.pop_front();
    job();
  } else {
    ready_.pop(chance.below(shuffle_window)).resume();
  }
}

SimRuntime::SimRuntime(SimOptions options) : options_(options), chance_(options.seed), disk_(chance_.next()) {
  ensure(options.shards > 0, "a runtime has at least one shard");
  for (uint32_t i = 0; i < options.shards; ++i) {
    shards_.push_back(std::make_unique<SimShard>(ShardId{i}, *this));
  }
  SimShard::set_current(shards_.front().get());
}

SimRuntime::~SimRuntime() { SimShard::set_current(nullptr); }

WallMs SimRuntime::wall_now() const {
  const auto since_start = now_.time_since_epoch() - std::chrono::hours(1);
  return options_.wall_start + std::chrono::duration_cast<std::chrono::milliseconds>(since_start).count();
}

detail::Detached SimRuntime::start(bool& ended, Task<void> task) {
  co_await std::move(task);
  ended = true;
}

bool SimRuntime::run_until(const std::function<bool()>& done, Duration limit) {
  const MonotonicTime latest = now_ + limit;
  while (!done()) {
    if (!step(latest)) {
      return false;
    }
  }
  return true;
}

void SimRuntime::run_for(Duration duration) {
  const MonotonicTime latest = now_ + duration;
  static_cast<void>(run_until([] { return false; }, duration));
  now_ = std::max(now_, latest);
}

void SimRuntime::require_until(const std::function<bool()>& done) {
  if (!run_until(done)) {
    const std::string what = "the simulation is stuck with seed " + std::to_string(options_.seed);
    ensure(false, what);
  }
}

bool SimRuntime::step(MonotonicTime latest) {
  busy_.clear();
  for (const auto& shard : shards_) {
    if (shard->has_work()) {
      busy_.push_back(shard.get());
    }
  }
  if (busy_.empty()) {
    const auto due = next_timer();
    if (!due || *due > latest) {
      return false;
    }
    now_ = std::max(now_, *due);
    fire_timers();
    return true;
  }
  now_ += std::chrono::microseconds(1);
  if (now_ > latest) {
    return false;
  }
  fire_timers();
  SimShard& shard = *busy_[chance_.below(busy_.size())];
  if (shard.has_work()) {  // a timer may have taken it away
    SimShard::set_current(&shard);
    shard.run_one(chance_);
    SimShard::set_current(shards_.front().get());
  }
  return true;
}

void SimRuntime::fire_timers() {
  for (const auto& shard : shards_) {
    const auto due = shard->timers().next_due();
    if (due && *due <= now_) {
      SimShard::set_current(shard.get());
      shard->timers().fire(now_);
    }
  }
  SimShard::set_current(shards_.front().get());
}

std::optional<MonotonicTime> SimRuntime::next_timer() const {
  std::optional<MonotonicTime> first;
  for (const auto& shard : shards_) {
    const auto due = shard->timers().next_due();
    if (due && (!first || *due < *first)) {
      first = due;
    }
  }
  return first;
}

}  // namespace odradek::runtime
