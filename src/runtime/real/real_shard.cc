#include "runtime/real/real_shard.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace odradek::runtime {
namespace {

constexpr size_t jobs_asleep_max = 16;

constinit thread_local RealShard* running = nullptr;  // the shard whose turns this thread runs

}  // namespace

RealShard::RealShard(ShardId id, IoThreads& threads, size_t descriptors_max, uint64_t seed)
    : Shard(id), files_(threads, descriptors_max), network_(loop_, *this, threads), random_(seed) {
  read_clocks();
}

void RealShard::post(Job job) {
  if (!inbox_.put(std::move(job))) {
    return;
  }
  if (running != nullptr) {
    running->wake_later(*this);
  } else if (inbox_.must_wake()) {
    loop_.wake();
  }
}

// Waking a thread costs more than most jobs, so a sleeper is woken for all that a turn has for it, or for enough. The
// jobs themselves are in its inbox at once: whoever hears of them by another way finds them there.
void RealShard::wake_later(RealShard& sleeper) {
  if (std::ranges::find(sleepers_, &sleeper) == sleepers_.end()) {
    sleepers_.push_back(&sleeper);
  }
  ++posted_to_sleepers_;
  if (posted_to_sleepers_ == jobs_asleep_max) {
    wake_sleepers();
  }
}

void RealShard::wake_sleepers() {
  for (RealShard* sleeper : sleepers_) {
    if (sleeper->inbox_.must_wake()) {
      sleeper->loop_.wake();
    }
  }
  sleepers_.clear();
  posted_to_sleepers_ = 0;
}

void RealShard::run() {
  set_current(this);
  running = this;
  while (!stopping_) {
    turn();
  }
  running = nullptr;
  set_current(nullptr);
}

void RealShard::stop() {
  post([this] { stopping_ = true; });
}

void RealShard::turn() {
  // Who posts a job from here on finds us asleep and calls wake(), so the wait below ends at once.
  if (ready_.empty() && inbox_.fall_asleep()) {
    loop_.wait(timers_.next_due());
  } else {
    loop_.poll();
  }
  read_clocks();
  run_posted();
  timers_.fire(now_);
  // Who becomes ready meanwhile waits for the next turn, so that descriptors are looked at in between.
  batch_.take_all(ready_);
  while (!batch_.empty()) {
    batch_.pop().resume();
  }
  while (!last_.empty()) {
    last_.pop().resume();
  }
  wake_sleepers();
}

void RealShard::read_clocks() {
  now_ = std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  wall_now_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
                  .count();
}

void RealShard::run_posted() {
  inbox_.take(jobs_);
  for (Job& job : jobs_) {
    job();
  }
  jobs_.clear();
}

}  // namespace odradek::runtime
