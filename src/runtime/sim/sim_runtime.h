// The simulated runtime: all shards in one thread, on a disk, a network and a clock that do not exist.
//
// Everything is chosen by one seed: which ready coroutine or posted job runs next, how long a disk or network
// operation takes, where a stream is cut into reads, which unsynced bytes a power cut takes. The same seed replays the
// same run. Time is virtual: it moves a microsecond per step, and jumps to the next timer when nothing is ready.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/shard_set.h"
#include "runtime/sim/sim_disk.h"
#include "runtime/sim/sim_file_system.h"
#include "runtime/sim/sim_network.h"

namespace odradek::runtime {

struct SimOptions {
  uint64_t seed = 1;
  uint32_t shards = 1;
  WallMs wall_start = 1'800'000'000'000;                      // the wall clock when the simulation begins
  Duration disk_delay_max = std::chrono::milliseconds(2);     // some operations take up to this, most far less
  Duration network_delay_max = std::chrono::milliseconds(1);  // of each chunk of a stream
};

class SimRuntime;

class SimShard final : public Shard {
 public:
  SimShard(ShardId id, SimRuntime& world, ProcessId process);
  [[nodiscard]] MonotonicTime now() const override;
  [[nodiscard]] WallMs wall_now() const override;
  [[nodiscard]] Random& random() override { return random_; }
  [[nodiscard]] FileSystem& files() override { return files_; }
  [[nodiscard]] Network& network() override { return network_; }
  void post(Job job) override { inbox_.push_back(std::move(job)); }

 private:
  friend SimRuntime;
  [[nodiscard]] bool has_work() const { return !inbox_.empty() || !ready_.empty(); }
  void run_one(Random& chance);

  SimRuntime& world_;
  Random random_;
  std::deque<Job> inbox_;
  SimFileSystem files_;
  SimNetwork network_;
};

// A process of the simulated machine: its own shards, files and connections; disk, network and clock are shared.
class SimProcess final : public ShardSet {
 public:
  SimProcess(ProcessId id, uint32_t shards, SimRuntime& world);

  [[nodiscard]] size_t size() const override { return shards_.size(); }
  [[nodiscard]] Shard& at(ShardId id) override { return *shards_.at(id.raw()); }
  [[nodiscard]] ProcessId id() const { return id_; }

  // Runs the task on the first shard, from one of its next turns on. Nobody awaits it: it tells when it has ended.
  void start(Task<void> task);

 private:
  friend SimRuntime;
  ProcessId id_;
  std::vector<std::unique_ptr<SimShard>> shards_;
};

// Is a process itself: that of the test and its clients. Between runs its first shard counts as the current one, so
// that a test may call what belongs to it.
class SimRuntime final : public ShardSet {
 public:
  explicit SimRuntime(SimOptions options = {});
  SimRuntime(const SimRuntime&) = delete;
  SimRuntime& operator=(const SimRuntime&) = delete;
  ~SimRuntime() override;

  [[nodiscard]] size_t size() const override { return own_.size(); }
  [[nodiscard]] Shard& at(ShardId id) override { return own_.at(id); }

  // A further process, until it is killed or ended.
  [[nodiscard]] SimProcess& start_process(uint32_t shards);
  // kill -9, between two steps: nothing of it runs again. What it wrote stays, its locks are free, its peers see their
  // connections close. Its memory is given up and never destroyed: what hangs in mid-air there has no orderly end.
  void kill(SimProcess& process);
  // The same for a process that has come to its own end: nothing of what it wrote was held back.
  void end(SimProcess& process);

  // Calls `act` once, between two steps, as soon as `due` holds; replaces what was asked before.
  void interrupt(std::function<bool()> due, std::function<void()> act);

  // Runs the task on the first shard, and everything else meanwhile, until it has ended; what it returned. Stops the
  // process with the seed if nothing is left to run before that.
  template <typename T>
  T run(Task<T> task) {
    if constexpr (std::is_void_v<T>) {
      bool ended = false;
      start(ended, std::move(task));
      require_until([&ended] { return ended; });
    } else {
      std::optional<T> result;
      start(result, std::move(task));
      require_until([&result] { return result.has_value(); });
      return *std::move(result);
    }
  }

  // Runs until `done` holds; false if nothing is left to run, or `limit` of virtual time has passed, before that.
  bool run_until(const std::function<bool()>& done, Duration limit = std::chrono::hours(24));

  // Runs for that long of virtual time, idle or not.
  void run_for(Duration duration);

  [[nodiscard]] SimDisk& disk() { return disk_; }
  [[nodiscard]] uint64_t seed() const { return options_.seed; }
  [[nodiscard]] const SimOptions& options() const { return options_; }
  [[nodiscard]] MonotonicTime now() const { return now_; }
  [[nodiscard]] WallMs wall_now() const;
  // Moves the wall clock and not the monotonic one, as an administrator or a time server may.
  void shift_wall(std::chrono::milliseconds by) { options_.wall_start += by.count(); }
  // Coroutines resumed and jobs run so far.
  [[nodiscard]] uint64_t steps() const { return steps_; }
  [[nodiscard]] SimWires& wires() { return wires_; }
  [[nodiscard]] Random& chance() { return chance_; }

 private:
  template <typename T>
  static detail::Detached start(std::optional<T>& result, Task<T> task) {
    T value = co_await std::move(task);
    result.emplace(std::move(value));
  }
  static detail::Detached start(bool& ended, Task<void> task);
  void require_until(const std::function<bool()>& done);

  // One job, one resumption, or one jump in time not beyond `latest`; false if there was nothing to do before that.
  bool step(MonotonicTime latest);
  void fire_timers();
  void interrupt_if_due();
  [[nodiscard]] std::unique_ptr<SimProcess> take(SimProcess& process);
  [[nodiscard]] std::optional<MonotonicTime> next_timer() const;

  SimOptions options_;
  MonotonicTime now_{std::chrono::hours(1)};
  Random chance_;
  SimDisk disk_;
  SimWires wires_;
  uint64_t steps_ = 0;
  std::function<bool()> interrupt_due_;
  std::function<void()> interrupt_act_;
  SimProcess own_;
  std::vector<std::unique_ptr<SimProcess>> processes_;  // the others
  std::vector<SimShard*> shards_;                       // of all
  std::vector<SimShard*> busy_;                         // in this step; kept for its memory
  uint32_t processes_started_ = 0;
};

}  // namespace odradek::runtime
