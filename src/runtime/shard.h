// One core's loop and its services.
//
// Everything above runtime/ runs on some shard: it owns its partitions, coordinators and connections, and nothing
// it owns is touched from another. What crosses shards goes through ShardSet (shard_set.h). There are two
// implementations: real/ (an epoll loop on its own thread) and sim/ (all shards in one thread, order and time
// chosen by a seed).
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>

#include "base/strong_id.h"
#include "runtime/random.h"
#include "runtime/ready_queue.h"
#include "runtime/time.h"
#include "runtime/timer.h"

namespace odradek::runtime {

class FileSystem;
class Network;

using ShardId = StrongId<struct ShardIdTag, uint32_t>;
using Job = std::move_only_function<void()>;

class Shard {
 public:
  virtual ~Shard() = default;

  // The shard whose loop runs the caller. Calling it from outside of every shard is a bug.
  [[nodiscard]] static Shard& current();

  [[nodiscard]] ShardId id() const { return id_; }

  // Time as of this turn of the loop; reading it costs no system call.
  [[nodiscard]] virtual MonotonicTime now() const = 0;
  [[nodiscard]] virtual WallMs wall_now() const = 0;
  [[nodiscard]] Deadline in(Duration delay) const { return now() + delay; }

  [[nodiscard]] virtual Random& random() = 0;
  [[nodiscard]] virtual FileSystem& files() = 0;
  [[nodiscard]] virtual Network& network() = 0;
  [[nodiscard]] TimerQueue& timers() { return timers_; }

  // Resumes the coroutine in a later turn of this loop, unless `place` is destroyed before. Only on this shard.
  void resume_soon(Resumption& place, std::coroutine_handle<> waiting) { ready_.push(place, waiting); }

  // The same, but when all else of this turn has run, if the implementation has turns.
  virtual void resume_last(Resumption& place, std::coroutine_handle<> waiting) { resume_soon(place, waiting); }

  // Runs the job on this shard, in the order of the calls of one caller. From any shard or thread.
  virtual void post(Job job) = 0;

 protected:
  explicit Shard(ShardId id) : id_(id) {}
  static void set_current(Shard* shard);

  TimerQueue timers_;
  ReadyQueue ready_;

 private:
  ShardId id_;
};

}  // namespace odradek::runtime
