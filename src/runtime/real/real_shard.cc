#include "runtime/real/real_shard.h"

#include <chrono>
#include <utility>

namespace odradek::runtime {

RealShard::RealShard(ShardId id, IoThreads& threads, size_t descriptors_max, uint64_t seed)
    : Shard(id), files_(threads, descriptors_max), network_(loop_, *this, threads), random_(seed) {
  read_clocks();
}

void RealShard::post(Job job) {
  bool was_empty = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    was_empty = inbox_.empty();
    inbox_.push_back(std::move(job));
  }
  if (was_empty) {
    loop_.wake();
  }
}

void RealShard::run() {
  set_current(this);
  while (!stopping_) {
    turn();
  }
  set_current(nullptr);
}

void RealShard::stop() {
  post([this] { stopping_ = true; });
}

void RealShard::turn() {
  // A job posted since the inbox was last emptied has called wake(), so the wait below ends at once.
  if (ready_.empty()) {
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
}

void RealShard::read_clocks() {
  now_ = std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  wall_now_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
                  .count();
}

void RealShard::run_posted() {
  {
    const std::lock_guard lock(inbox_mutex_);
    jobs_.swap(inbox_);
  }
  for (Job& job : jobs_) {
    job();
  }
  jobs_.clear();
}

}  // namespace odradek::runtime
