// Writes the checkpoint files of all log directories, now and then and at the end.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "observe/log.h"
#include "replication/partition_router.h"
#include "runtime/task_group.h"
#include "storage/log_directory.h"

namespace odradek::app {

struct CheckpointIntervals {
  runtime::Duration high_watermarks = std::chrono::seconds(5);   // replica.high.watermark.checkpoint.interval.ms
  runtime::Duration recovery_points = std::chrono::seconds(60);  // log.flush.offset.checkpoint.interval.ms
};

// Belongs to the shard of the directories. Offsets are collected from all shards; a file whose contents would not
// change is left alone, once we wrote it: what it says from before our start may be of partitions that are gone. Before
// recovery points are written, all shards bring them up to the ends of their logs. A directory that failed is left
// alone.
class Checkpoints {
 public:
  Checkpoints(std::vector<storage::LogDirectory*> directories, replication::PartitionRouter& router,
              CheckpointIntervals intervals);

  void start();
  // Ends the rounds; store_last() writes the final state.
  [[nodiscard]] runtime::Task<void> stop();

  // Rewrites recovery points and start offsets without the partitions that are no longer there: before a partition
  // of the same name may be made, or a crash would give it the old one's offsets. Many calls share one write. Errors of
  // the disk; nothing is made in directories that have failed, and they are left alone.
  [[nodiscard]] runtime::Async<> forget_retired();

  // What every shard said when it closed its partitions, per directory. True if all files could be written.
  [[nodiscard]] runtime::Task<bool> store_last(std::vector<replication::DirectoryOffsets> offsets);

 private:
  // What we wrote to each file; nullopt until the first time.
  struct Stored {
    std::optional<storage::OffsetCheckpoint> recovery_points;
    std::optional<storage::OffsetCheckpoint> start_offsets;
    std::optional<storage::OffsetCheckpoint> high_watermarks;
    std::optional<storage::OffsetCheckpoint> cleaner_offsets;
  };

  [[nodiscard]] runtime::Task<void> rounds();
  [[nodiscard]] runtime::Task<void> advance_recovery_points();
  [[nodiscard]] runtime::Task<std::vector<replication::DirectoryOffsets>> collect();
  [[nodiscard]] runtime::Async<> store_high_watermarks(size_t directory, const storage::OffsetCheckpoint& offsets);
  [[nodiscard]] runtime::Async<> store_points(size_t directory, const replication::DirectoryOffsets& offsets);
  void report(const Result<>& stored, size_t directory);

  std::vector<storage::LogDirectory*> directories_;
  replication::PartitionRouter& router_;
  CheckpointIntervals intervals_;
  std::vector<Stored> stored_;  // per directory
  uint64_t forget_asked_ = 0;   // calls of forget_retired, and how many of them the files reflect
  uint64_t forget_done_ = 0;
  runtime::Turnstile write_turn_;
  runtime::Waiter stopping_;
  bool is_stopping_ = false;
  runtime::TaskGroup tasks_;
  observe::Logger log_{"app"};
};

// Puts what several shards said of the same directories together.
[[nodiscard]] std::vector<replication::DirectoryOffsets> merge(
    std::vector<std::vector<replication::DirectoryOffsets>> of_shards);

}  // namespace odradek::app
