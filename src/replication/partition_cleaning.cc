// Compaction: what a Partition and its PartitionTable have to do with it. Who decides when is app's affair.
#include <algorithm>
#include <utility>

#include "replication/partition_table.h"
#include "runtime/shard.h"
#include "storage/log_cleaner.h"

namespace odradek::replication {

runtime::Async<std::optional<storage::CleaningPlan>> Partition::plan_cleaning(int64_t now_ms) {
  using Plan = std::optional<storage::CleaningPlan>;
  if (log_ == nullptr || offline_ || is_uncleanable_ || !log_->options().compacts) {
    co_return Plan();
  }
  CO_TRY(const auto pass, co_await enter());
  const auto plan = co_await log_->plan_cleaning(last_stable_offset(), now_ms);
  is_uncleanable_ = !plan && plan.error().code == Errc::CorruptMessage;
  CO_TRY(plan);
  co_return Plan(*plan);
}

runtime::Async<storage::CleaningReport> Partition::clean(storage::CleanerOptions options, int64_t now_ms,
                                                         std::function<bool()> is_cancelled) {
  CO_TRY(const auto pass, co_await enter());
  CO_TRY(const storage::CleaningPlan plan, co_await log_->plan_cleaning(last_stable_offset(), now_ms));
  storage::LogCleaner cleaner(*log_, options, [this, is_cancelled = std::move(is_cancelled)] {
    return is_cancelled() || gate_.is_closed() || offline_.has_value() || !log_->options().compacts;
  });
  auto report = co_await cleaner.clean(plan, now_ms);
  if (!report) {
    const bool will_pass = report.error().code == Errc::NoSpace || report.error().code == Errc::TooManyOpenFiles;
    is_uncleanable_ = !will_pass;
    if (log_->is_failed()) {
      disk_failed(report.error());
    }
  }
  co_return report;
}

runtime::Async<> Partition::remove_deleted_files() {
  CO_TRY(const auto pass, co_await enter());
  co_return co_await log_->remove_deleted_files(runtime::Shard::current().now());
}

std::vector<std::shared_ptr<Partition>> PartitionTable::open_partitions() const {
  std::vector<std::shared_ptr<Partition>> open;
  open.reserve(partitions_.size());
  for (const auto& [id, partition] : partitions_) {
    if (partition->log() != nullptr && !has_failed(directory_of(partition->log()->directory()))) {
      open.push_back(partition);
    }
  }
  return open;
}

void PartitionTable::look_at_clocks() {
  const runtime::Shard& shard = runtime::Shard::current();
  if (const auto gained = clocks_.look(shard.now(), shard.wall_now())) {
    log_.warn("wall_clock_set").with("gained_ms", *gained).with("effect", "retention and compaction pause");
  }
}

bool PartitionTable::may_delete_by_age(Partition& partition) const {
  return partition.log() != nullptr &&
         clocks_.is_calm(runtime::Shard::current().now(), partition.log()->options().file_delete_delay);
}

runtime::Task<std::optional<DirtyLog>> PartitionTable::dirtiest(std::vector<PartitionId> except) {
  std::optional<DirtyLog> dirtiest;
  for (const std::shared_ptr<Partition>& partition : open_partitions()) {
    if (closing_ || cleaning_stopped_) {
      break;
    }
    look_at_clocks();
    if (!may_delete_by_age(*partition) || std::ranges::find(except, partition->id()) != except.end()) {
      continue;
    }
    const auto plan = co_await partition->plan_cleaning(runtime::Shard::current().wall_now());
    if (partition->is_uncleanable() && !plan) {
      log_.error("partition_uncleanable").with("partition", partition->name()).with("reason", plan.error().message);
    } else if (plan && *plan && (*plan)->is_due && (!dirtiest || dirtiest->dirty_share < (*plan)->dirty_share)) {
      dirtiest = DirtyLog{.id = partition->id(), .dirty_share = (*plan)->dirty_share};
    }
  }
  co_return dirtiest;
}

runtime::Task<bool> PartitionTable::clean(PartitionId id, storage::CleanerOptions options) {
  const std::shared_ptr<Partition> partition = find(id);
  if (partition == nullptr || closing_ || cleaning_stopped_) {
    co_return false;
  }
  look_at_clocks();
  if (!may_delete_by_age(*partition)) {
    co_return false;
  }
  const runtime::MonotonicTime begun = runtime::Shard::current().now();
  const auto report = co_await partition->clean(options, runtime::Shard::current().wall_now(),
                                                [this] { return closing_ || cleaning_stopped_; });
  if (!report) {
    log_.error(partition->is_uncleanable() ? "partition_uncleanable" : "compaction_failed")
        .with("partition", partition->name())
        .with("reason", report.error().message);
    co_return false;
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(runtime::Shard::current().now() - begun);
  log_.info("compacted")
      .with("partition", partition->name())
      .with("from", report->first_dirty)
      .with("to", report->cleaned_to)
      .with("keys", report->keys)
      .with("bytes_before", report->bytes_before)
      .with("bytes_after", report->bytes_after)
      .with("ms", took.count());
  co_return report->is_complete;
}

runtime::Task<void> PartitionTable::remove_deleted_files() {
  for (const std::shared_ptr<Partition>& partition : open_partitions()) {
    if (closing_) {
      co_return;
    }
    if (partition->log() != nullptr && partition->log()->has_deleted_files()) {
      const Result<> removed = co_await partition->remove_deleted_files();
      if (!removed && removed.error().code == Errc::Io) {
        log_.warn("delete_failed").with("partition", partition->name()).with("reason", removed.error().message);
      }
    }
  }
}

}  // namespace odradek::replication
