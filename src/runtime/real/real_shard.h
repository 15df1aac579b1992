// One thread's loop: descriptors, jobs from others, timers, ready coroutines, those that let all these go first; in
// that order in every turn.
#pragma once

#include <cstddef>
#include <vector>

#include "runtime/real/io_threads.h"
#include "runtime/real/loop.h"
#include "runtime/real/mailbox.h"
#include "runtime/real/real_file_system.h"
#include "runtime/real/real_network.h"
#include "runtime/shard.h"

namespace odradek::runtime {

class RealShard final : public Shard {
 public:
  RealShard(ShardId id, IoThreads& threads, size_t descriptors_max, uint64_t seed);

  [[nodiscard]] MonotonicTime now() const override { return now_; }
  [[nodiscard]] WallMs wall_now() const override { return wall_now_; }
  [[nodiscard]] Random& random() override { return random_; }
  [[nodiscard]] FileSystem& files() override { return files_; }
  [[nodiscard]] Network& network() override { return network_; }
  void resume_last(Resumption& place, std::coroutine_handle<> waiting) override { last_.push(place, waiting); }
  void post(Job job) override;

  // Runs turns on the calling thread until stop().
  void run();

  // From any thread: the loop ends after the jobs posted before.
  void stop();

  [[nodiscard]] Loop& loop() { return loop_; }

 private:
  void turn();
  void read_clocks();
  void run_posted();
  void wake_later(RealShard& sleeper);
  void wake_sleepers();

  Loop loop_;
  RealFileSystem files_;
  RealNetwork network_;
  Random random_;
  MonotonicTime now_{};
  WallMs wall_now_ = 0;
  bool stopping_ = false;
  ReadyQueue batch_;       // resumed in this turn
  ReadyQueue last_;        // and after them
  std::vector<Job> jobs_;  // run in this turn
  Mailbox inbox_;
  std::vector<RealShard*> sleepers_;  // posted to in this turn, and not yet woken
  size_t posted_to_sleepers_ = 0;
};

}  // namespace odradek::runtime
