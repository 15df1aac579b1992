#include "app/checkpoints.h"

#include <algorithm>
#include <utility>

#include "runtime/shard.h"

namespace odradek::app {

Checkpoints::Checkpoints(std::vector<storage::LogDirectory*> directories, replication::PartitionRouter& router,
                         CheckpointIntervals intervals)
    : directories_(std::move(directories)), router_(router), intervals_(intervals), stored_(directories_.size()) {}

void Checkpoints::start() { tasks_.spawn(rounds()); }

runtime::Task<void> Checkpoints::stop() {
  is_stopping_ = true;
  stopping_.notify();
  co_await tasks_.join();
}

runtime::Task<void> Checkpoints::rounds() {
  runtime::Shard& shard = runtime::Shard::current();
  runtime::Deadline points_due = shard.in(intervals_.recovery_points);
  // The first at once: without the files nobody would know after a crash where recovery points lie.
  runtime::Deadline next_round = shard.now();
  while (!is_stopping_) {
    const bool woken = co_await stopping_.wait(std::min(next_round, points_due));
    next_round = shard.in(intervals_.high_watermarks);
    if (woken) {
      continue;
    }
    const bool points_too = shard.now() >= points_due;
    if (points_too) {
      co_await advance_recovery_points();
    }
    const auto turn = co_await write_turn_.acquire();
    const std::vector<replication::DirectoryOffsets> offsets = co_await collect();
    for (size_t i = 0; i < directories_.size() && !is_stopping_; ++i) {
      const Result<> watermarks = co_await store_high_watermarks(i, offsets[i].high_watermarks);
      report(watermarks, i);
      // Also between: logs that grow fast move their recovery points up by themselves.
      const Result<> points = co_await store_points(i, offsets[i]);
      report(points, i);
    }
    if (points_too) {
      points_due = shard.in(intervals_.recovery_points);
    }
  }
}

runtime::Async<> Checkpoints::forget_retired() {
  const uint64_t asked = ++forget_asked_;
  const auto turn = co_await write_turn_.acquire();
  if (forget_done_ >= asked) {
    co_return Result<>{};
  }
  const uint64_t covered = forget_asked_;
  const std::vector<replication::DirectoryOffsets> offsets = co_await collect();
  for (size_t i = 0; i < directories_.size(); ++i) {
    CO_TRY(co_await store_points(i, offsets[i]));
  }
  forget_done_ = covered;
  co_return Result<>{};
}

runtime::Task<void> Checkpoints::advance_recovery_points() {
  co_await router_.shards().on_all(
      [this]() -> runtime::Task<void> { co_await router_.local().flusher().advance_recovery_points(); });
}

runtime::Task<std::vector<replication::DirectoryOffsets>> Checkpoints::collect() {
  auto of_shards = co_await router_.shards().on_all(
      [this]() -> runtime::Task<std::vector<replication::DirectoryOffsets>> { co_return router_.local().offsets(); });
  co_return merge(std::move(of_shards));
}

runtime::Task<bool> Checkpoints::store_last(std::vector<replication::DirectoryOffsets> offsets) {
  bool all_stored = true;
  for (size_t i = 0; i < directories_.size(); ++i) {
    const Result<> watermarks = co_await store_high_watermarks(i, offsets[i].high_watermarks);
    const Result<> points = co_await store_points(i, offsets[i]);
    report(watermarks, i);
    report(points, i);
    all_stored = all_stored && watermarks && points;
  }
  co_return all_stored;
}

runtime::Async<> Checkpoints::store_high_watermarks(size_t directory, const storage::OffsetCheckpoint& offsets) {
  if (offsets != stored_[directory].high_watermarks && !router_.local().has_failed(directory)) {
    CO_TRY(co_await directories_[directory]->store_high_watermarks(offsets));
    stored_[directory].high_watermarks = offsets;
  }
  co_return Result<>{};
}

runtime::Async<> Checkpoints::store_points(size_t directory, const replication::DirectoryOffsets& offsets) {
  if (router_.local().has_failed(directory)) {
    co_return Result<>{};
  }
  Stored& stored = stored_[directory];
  if (offsets.recovery_points != stored.recovery_points) {
    CO_TRY(co_await directories_[directory]->store_recovery_points(offsets.recovery_points));
    stored.recovery_points = offsets.recovery_points;
  }
  // Where nothing was ever compacted there is no such file.
  const bool has_cleaned = !offsets.cleaner_offsets.empty() || stored.cleaner_offsets.has_value();
  if (has_cleaned && offsets.cleaner_offsets != stored.cleaner_offsets) {
    CO_TRY(co_await directories_[directory]->store_cleaner_offsets(offsets.cleaner_offsets));
    stored.cleaner_offsets = offsets.cleaner_offsets;
  }
  if (offsets.start_offsets != stored.start_offsets) {
    CO_TRY(co_await directories_[directory]->store_start_offsets(offsets.start_offsets));
    stored.start_offsets = offsets.start_offsets;
  }
  co_return Result<>{};
}

void Checkpoints::report(const Result<>& stored, size_t directory) {
  if (!stored) {
    log_.error("checkpoint_failed")
        .with("directory", directories_[directory]->path())
        .with("reason", stored.error().message);
  }
}

std::vector<replication::DirectoryOffsets> merge(std::vector<std::vector<replication::DirectoryOffsets>> of_shards) {
  std::vector<replication::DirectoryOffsets> merged = std::move(of_shards.front());
  for (size_t shard = 1; shard < of_shards.size(); ++shard) {
    for (size_t i = 0; i < merged.size(); ++i) {
      merged[i].recovery_points.merge(of_shards[shard][i].recovery_points);
      merged[i].start_offsets.merge(of_shards[shard][i].start_offsets);
      merged[i].high_watermarks.merge(of_shards[shard][i].high_watermarks);
      merged[i].cleaner_offsets.merge(of_shards[shard][i].cleaner_offsets);
    }
  }
  return merged;
}

}  // namespace odradek::app
