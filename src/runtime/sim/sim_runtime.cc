#include "runtime/sim/sim_runtime.h"

#include <algorithm>
#include <string>
#include <utility>

namespace odradek::runtime {
namespace {

// A resumption is chosen among this many at the front of a shard's queue, so that nobody waits for ever.
constexpr uint64_t shuffle_window = 8;

}  // namespace

SimShard::SimShard(ShardId id, SimRuntime& world, ProcessId process)
    : Shard(id),
      world_(world),
      random_(world.chance().next()),
      files_(world.disk(), *this, process, world.options().disk_delay_max),
      network_(world.wires(), *this, process, world.options().network_delay_max) {}

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

SimProcess::SimProcess(ProcessId id, uint32_t shards, SimRuntime& world) : id_(id) {
  ensure(shards > 0, "a process has at least one shard");
  for (uint32_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<SimShard>(ShardId{i}, world, id));
  }
}

void SimProcess::start(Task<void> task) {
  const auto run = [](Task<void> running) -> detail::Detached { co_await std::move(running); };
  at(ShardId{0}).post([run, task = std::move(task)]() mutable { run(std::move(task)); });
}

SimRuntime::SimRuntime(SimOptions options)
    : options_(options), chance_(options.seed), disk_(chance_.next()), own_(ProcessId{0}, options.shards, *this) {
  for (const auto& shard : own_.shards_) {
    shards_.push_back(shard.get());
  }
  SimShard::set_current(shards_.front());
}

SimRuntime::~SimRuntime() { SimShard::set_current(nullptr); }

SimProcess& SimRuntime::start_process(uint32_t shards) {
  processes_.push_back(std::make_unique<SimProcess>(ProcessId{++processes_started_}, shards, *this));
  SimProcess& process = *processes_.back();
  for (const auto& shard : process.shards_) {
    shards_.push_back(shard.get());
  }
  return process;
}

void SimRuntime::kill(SimProcess& process) {
  disk_.lose_held_back();
  end(process);
}

void SimRuntime::end(SimProcess& process) {
  // Never freed, itself neither: so that tools which look for lost memory know where this is.
  static std::vector<SimProcess*>& ended = *new std::vector<SimProcess*>;
  wires_.sever(process.id(), chance_);
  disk_.forget_process(process.id());
  ended.push_back(take(process).release());
}

std::unique_ptr<SimProcess> SimRuntime::take(SimProcess& process) {
  std::erase_if(shards_, [&process](const SimShard* shard) {
    return std::ranges::any_of(process.shards_, [shard](const auto& own) { return own.get() == shard; });
  });
  const auto found = std::ranges::find(processes_, &process, &std::unique_ptr<SimProcess>::get);
  ensure(found != processes_.end(), "a process ends once");
  std::unique_ptr<SimProcess> taken = std::move(*found);
  processes_.erase(found);
  return taken;
}

void SimRuntime::interrupt(std::function<bool()> due, std::function<void()> act) {
  interrupt_due_ = std::move(due);
  interrupt_act_ = std::move(act);
}

void SimRuntime::interrupt_if_due() {
  if (interrupt_due_ && interrupt_due_()) {
    interrupt_due_ = nullptr;
    const std::function<void()> act = std::exchange(interrupt_act_, nullptr);
    act();
  }
}

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
  interrupt_if_due();
  busy_.clear();
  for (SimShard* const shard : shards_) {
    if (shard->has_work()) {
      busy_.push_back(shard);
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
  ++steps_;
  SimShard& shard = *busy_[chance_.below(busy_.size())];
  if (shard.has_work()) {  // a timer may have taken it away
    SimShard::set_current(&shard);
    shard.run_one(chance_);
    SimShard::set_current(shards_.front());
  }
  return true;
}

void SimRuntime::fire_timers() {
  for (SimShard* const shard : shards_) {
    const auto due = shard->timers().next_due();
    if (due && *due <= now_) {
      SimShard::set_current(shard);
      shard->timers().fire(now_);
    }
  }
  SimShard::set_current(shards_.front());
}

std::optional<MonotonicTime> SimRuntime::next_timer() const {
  std::optional<MonotonicTime> first;
  for (SimShard* const shard : shards_) {
    const auto due = shard->timers().next_due();
    if (due && (!first || *due < *first)) {
      first = due;
    }
  }
  return first;
}

}  // namespace odradek::runtime
