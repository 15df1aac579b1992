// The real runtime: a thread per shard, Linux files and sockets, a few I/O threads.
//
//   auto runtime = RealRuntime::start({.shards = 4, .watch_signals = true});
//   const int status = (*runtime)->run(serve(**runtime));   // on the first shard; this thread waits
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <semaphore>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/shard_set.h"
#include "runtime/task.h"

namespace odradek::runtime {

class IoThreads;
class RealShard;
class WatchedDescriptor;

struct RealOptions {
  uint32_t shards = 0;         // 0: one per core
  uint32_t io_threads = 16;    // as many syncs may be under way: a disk does them together
  bool pin = false;            // each shard's thread to a core of its own
  bool watch_signals = false;  // SIGTERM, SIGINT, SIGHUP come through next_signal() instead of ending the process
  uint64_t file_descriptors_max = 0;            // open files at once; 0: three quarters of what the process may have
  std::optional<uint64_t> seed = std::nullopt;  // of the shards' Random; from the system where unset
};

class RealRuntime final : public ShardSet {
 public:
  // Raises the limit of open descriptors to what the system allows, and starts the threads. Start it before any other
  // thread, so that all of them leave the signals to it. SIGPIPE is ignored from then on.
  [[nodiscard]] static Result<std::unique_ptr<RealRuntime>> start(RealOptions options);

  RealRuntime(const RealRuntime&) = delete;
  RealRuntime& operator=(const RealRuntime&) = delete;

  // Stops and joins all threads. Whatever still waits on a shard is abandoned: end your tasks before.
  ~RealRuntime() override;

  [[nodiscard]] size_t size() const override { return shards_.size(); }
  [[nodiscard]] Shard& at(ShardId id) override;

  // Runs the task on the first shard; the calling thread, which must not be a shard's, waits for what it returns.
  template <typename T>
  T run(Task<T> task) {
    using Kept = std::conditional_t<std::is_void_v<T>, char, T>;
    std::optional<Kept> result;
    std::binary_semaphore ended(0);
    at(ShardId{0}).post([&result, &ended, &task] { run_here<T>(result, ended, std::move(task)); });
    ended.acquire();
    if constexpr (!std::is_void_v<T>) {
      return *std::move(result);
    }
  }

  // The number of the next SIGTERM, SIGINT or SIGHUP. Only with watch_signals, on the first shard, one caller at a
  // time.
  [[nodiscard]] Task<int> next_signal();

  // From here on SIGTERM and SIGINT do what they do by default: end the process at once. On the first shard. A terminal
  // that goes away may send SIGHUP twice: that stays without effect.
  void unwatch_signals();

 private:
  RealRuntime();

  template <typename T, typename Kept>
  static detail::Detached run_here(std::optional<Kept>& result, std::binary_semaphore& ended, Task<T> task) {
    {
      Task<T> running = std::move(task);
      if constexpr (std::is_void_v<T>) {
        co_await std::move(running);
      } else {
        T value = co_await std::move(running);
        result.emplace(std::move(value));
      }
    }
    ended.release();
  }

  [[nodiscard]] Result<> watch_signals();
  void start_thread(RealShard& shard, bool pin);

  std::unique_ptr<IoThreads> io_threads_;
  std::vector<std::unique_ptr<RealShard>> shards_;
  std::vector<std::thread> threads_;
  std::unique_ptr<WatchedDescriptor> signals_;
};

// The most file descriptors this process may have open, after raising its own limit as far as the system allows.
uint64_t raise_descriptor_limit();

}  // namespace odradek::runtime
