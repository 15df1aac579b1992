#include "replication/log_flusher.h"

#include <algorithm>
#include <map>
#include <utility>

#include "runtime/shard.h"
#include "runtime/task_group.h"

namespace odradek::replication {
namespace {

using storage::SyncScope;

// Up to so many logs of a directory are synced one by one: beyond, one sync of the file system is cheaper.
constexpr size_t synced_singly_max = 16;
// Of those, so many at the same time.
constexpr size_t synced_at_once = 4;

// A log that grows fast moves its recovery point up between the checkpoints, too: reading that much again takes no
// time worth mentioning.
constexpr uint64_t unchecked_bytes_max = 64 << 20;

SyncScope scope_for(Partition& partition, bool to_recovery_point) {
  const bool is_far = partition.log()->bytes_above_recovery_point() > unchecked_bytes_max;
  return to_recovery_point || is_far ? SyncScope::RecoveryPoint : SyncScope::Records;
}

}  // namespace

void LogFlusher::set_intervals(FlushIntervals intervals) {
  intervals_ = intervals;
  waiter_.notify();
}

void LogFlusher::add(std::shared_ptr<Partition> partition) {
  Partition::Listed& listed = partition->listed();
  if (!std::exchange(listed.is_behind, true)) {
    behind_.push_back(partition);
  }
  const storage::PartitionLog& log = *partition->log();
  if (log.end_offset() > log.flushed_offset() && !partition->is_flushing() && !std::exchange(listed.is_dirty, true)) {
    const runtime::MonotonicTime now = runtime::Shard::current().now();
    if (dirty_.empty()) {
      background_due_ = now + intervals_.background;
      waiter_.notify();
    }
    dirty_.push_back({.partition = std::move(partition), .since = now});
  }
}

void LogFlusher::stop() {
  is_stopping_ = true;
  waiter_.notify();
}

runtime::Task<void> LogFlusher::run() {
  runtime::Shard& shard = runtime::Shard::current();
  while (!is_stopping_) {
    runtime::Deadline due = runtime::never;
    if (!dirty_.empty() && intervals_.background > runtime::Duration::zero()) {
      due = background_due_;
    }
    if (!dirty_.empty() && intervals_.scheduled < runtime::never - shard.now()) {
      due = std::min(due, shard.in(intervals_.scheduled));
    }
    const bool woken = co_await waiter_.wait(due);
    if (woken) {
      continue;
    }
    const auto turn = co_await round_turn_.acquire();
    co_await sync(take_due(), false);
  }
}

// Those that must not wait longer, off the list.
LogFlusher::Partitions LogFlusher::take_due() {
  const runtime::MonotonicTime now = runtime::Shard::current().now();
  const bool all = intervals_.background > runtime::Duration::zero() && now >= background_due_;
  Partitions due;
  std::erase_if(dirty_, [&](Dirty& dirty) {
    const storage::PartitionLog* log = dirty.partition->log();
    const bool is_due = all || log == nullptr ||
                        std::chrono::floor<std::chrono::milliseconds>(now - dirty.since) >= log->options().flush_age;
    if (is_due) {
      dirty.partition->listed().is_dirty = false;
      due.push_back(std::move(dirty.partition));
    }
    return is_due;
  });
  if (all) {
    background_due_ = now + intervals_.background;
  }
  return due;
}

runtime::Task<void> LogFlusher::advance_recovery_points() {
  const auto turn = co_await round_turn_.acquire();
  Partitions behind = std::exchange(behind_, {});
  for (const std::shared_ptr<Partition>& partition : behind) {
    partition->listed().is_behind = false;
  }
  co_await sync(std::move(behind), true);
}

runtime::Task<void> LogFlusher::sync(Partitions partitions, bool to_recovery_point) {
  std::map<size_t, Partitions> by_directory;
  for (std::shared_ptr<Partition>& partition : partitions) {
    if (partition->log() != nullptr) {
      const size_t directory = directory_of_(*partition);
      by_directory[directory].push_back(std::move(partition));
    }
  }
  for (const auto& [directory, some] : by_directory) {
    if (some.size() <= synced_singly_max || !sync_all_) {
      co_await sync_each(some, to_recovery_point);
    } else {
      co_await sync_together(directory, some, to_recovery_point);
    }
  }
}

runtime::Task<void> LogFlusher::sync_each(const Partitions& partitions, bool to_recovery_point) {
  for (size_t next = 0; next < partitions.size();) {
    runtime::TaskGroup some;
    for (size_t i = 0; i < synced_at_once && next < partitions.size(); ++i, ++next) {
      if (partitions[next]->log() != nullptr) {
        some.spawn(sync_one(partitions[next], scope_for(*partitions[next], to_recovery_point)));
      }
    }
    co_await some.join();
  }
}

runtime::Task<void> LogFlusher::sync_one(std::shared_ptr<Partition> partition, SyncScope scope) {
  const Result<> done = co_await partition->sync(scope);
  if (!done) {
    again(partition, done.error());
  }
}

runtime::Task<void> LogFlusher::sync_together(size_t directory, const Partitions& partitions, bool to_recovery_point) {
  constexpr size_t prepared_per_turn = 16;
  std::vector<std::pair<std::shared_ptr<Partition>, storage::PartitionLog::Unsynced>> prepared;
  prepared.reserve(partitions.size());
  for (size_t i = 0; i < partitions.size(); ++i) {
    if (i % prepared_per_turn == 0) {
      co_await runtime::yield();
    }
    const std::shared_ptr<Partition>& partition = partitions[i];
    if (partition->log() == nullptr) {
      continue;
    }
    auto what = co_await partition->prepare_sync(scope_for(*partition, to_recovery_point));
    if (!what) {
      again(partition, what.error());
    } else if (*what) {
      prepared.emplace_back(partition, **std::move(what));
    }
  }
  if (prepared.empty()) {
    co_return;
  }
  const Result<> done = co_await sync_all_(directory);
  if (!done && done.error().code != Errc::TooManyOpenFiles) {
    failed_(directory, done.error());
  }
  for (size_t i = 0; i < prepared.size(); ++i) {
    auto& [partition, what] = prepared[i];
    if (!done) {
      again(partition, done.error());
      continue;
    }
    if (i % prepared_per_turn == 0) {
      co_await runtime::yield();
    }
    const Result<> settled = co_await partition->synced(std::move(what));
    if (!settled) {
      again(partition, settled.error());
    }
  }
}

// The next round tries again, unless the partition has gone offline with this.
void LogFlusher::again(const std::shared_ptr<Partition>& partition, const Error& why) {
  log_.limited(observe::LogLevel::Warn, "flush_failed")
      .with("partition", partition->name())
      .with("reason", why.message);
  if (partition->log() == nullptr) {
    return;
  }
  if (why.code == Errc::Io) {
    failed_(directory_of_(*partition), why);
  } else {
    add(partition);
  }
}

}  // namespace odradek::replication
