// Puts on disk, in the background, what the partitions of one shard have appended.
//
// It bounds what a power cut can take where an acknowledgement does not mean "on the disk". A partition is on a list
// only while it has something to be synced, so idle ones cost nothing, and with none on it nobody wakes. Few logs are
// synced one by one; many by one sync of the whole file system.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "observe/log.h"
#include "replication/partition.h"
#include "runtime/task.h"
#include "runtime/wait.h"

namespace odradek::replication {

struct FlushIntervals {
  runtime::Duration background = std::chrono::seconds(1);  // everything unflushed; zero: never
  runtime::Duration scheduled = runtime::Duration::max();  // a look for logs older than their flush.ms
};

class LogFlusher {
 public:
  // Syncs all that was written in a log directory.
  using SyncAll = std::function<runtime::Async<>(size_t directory)>;
  using DirectoryOf = std::function<size_t(Partition&)>;
  using DirectoryFailed = std::function<void(size_t directory, const Error& why)>;

  // `directory_of` is asked only for partitions whose log is there.
  LogFlusher(DirectoryOf directory_of, DirectoryFailed failed)
      : directory_of_(std::move(directory_of)), failed_(std::move(failed)) {}

  // Before run(). Without it logs are synced one by one, however many.
  void sync_all_by(SyncAll sync_all) { sync_all_ = std::move(sync_all); }
  void set_intervals(FlushIntervals intervals);

  // The partition has records that are not on disk, or lie above its recovery point.
  void add(std::shared_ptr<Partition> partition);

  // Flushes until stop().
  [[nodiscard]] runtime::Task<void> run();
  void stop();

  // Brings the recovery points of all partitions on the list up to their ends as of now.
  [[nodiscard]] runtime::Task<void> advance_recovery_points();

 private:
  using Partitions = std::vector<std::shared_ptr<Partition>>;

  [[nodiscard]] Partitions take_due();
  [[nodiscard]] runtime::Task<void> sync(Partitions partitions, bool to_recovery_point);
  [[nodiscard]] runtime::Task<void> sync_one(std::shared_ptr<Partition> partition, storage::SyncScope scope);
  [[nodiscard]] runtime::Task<void> sync_each(const Partitions& partitions, bool to_recovery_point);
  [[nodiscard]] runtime::Task<void> sync_together(size_t directory, const Partitions& partitions,
                                                  bool to_recovery_point);
  void again(const std::shared_ptr<Partition>& partition, const Error& why);

  DirectoryOf directory_of_;
  DirectoryFailed failed_;
  SyncAll sync_all_;
  FlushIntervals intervals_;
  struct Dirty {
    std::shared_ptr<Partition> partition;
    runtime::MonotonicTime since;
  };
  std::vector<Dirty> dirty_;  // the oldest first
  Partitions behind_;
  runtime::MonotonicTime background_due_{};
  bool is_stopping_ = false;
  runtime::Waiter waiter_;
  runtime::Turnstile round_turn_;
  observe::Logger log_{"replication"};
};

}  // namespace odradek::replication
