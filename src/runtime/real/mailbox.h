// Jobs for one shard, from any thread. It knows whether its owner sleeps, so that only a sleeper is woken, and once.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "runtime/shard.h"

namespace odradek::runtime {

class Mailbox {
 public:
  // From any thread. True if the owner sleeps: the caller then sees to it that someone who must_wake() wakes it.
  [[nodiscard]] bool put(Job job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    return asleep_;
  }

  // From any thread. True if the owner still sleeps: the caller, and nobody else, wakes it now.
  [[nodiscard]] bool must_wake() {
    const std::lock_guard lock(mutex_);
    return std::exchange(asleep_, false);
  }

  // The owner is about to wait. False if a job is there: then it must not.
  [[nodiscard]] bool fall_asleep() {
    const std::lock_guard lock(mutex_);
    asleep_ = jobs_.empty();
    return asleep_;
  }

  // The owner is awake and takes what is there into `jobs`, which is empty.
  void take(std::vector<Job>& jobs) {
    const std::lock_guard lock(mutex_);
    asleep_ = false;
    jobs_.swap(jobs);
  }

 private:
  std::mutex mutex_;
  std::vector<Job> jobs_;
  bool asleep_ = false;  // and nobody is waking the owner yet
};

}  // namespace odradek::runtime
