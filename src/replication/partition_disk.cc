// Partition: how its records reach the disk.
#include <utility>

#include "replication/partition.h"
#include "runtime/shard.h"

namespace odradek::replication {
namespace {

// Before a flush is tried again that failed for want of descriptors.
constexpr runtime::Duration flush_pause = std::chrono::milliseconds(100);

}  // namespace

void Partition::take_to_disk() {
  if (log_->end_offset() == log_->recovery_point() || offline_) {
    return;
  }
  if (must_flush_now() && !std::exchange(is_flushing_, true)) {
    tasks_.spawn(flush_while_due());
  }
  if (keeper_ != nullptr) {
    keeper_->grew(*this);
  }
}

bool Partition::must_flush_now() const {
  return log_->end_offset().raw() - log_->flushed_offset().raw() >= log_->options().flush_records;
}

// All that is appended while the disk works shares the next sync.
runtime::Task<void> Partition::flush_while_due() {
  const Result<runtime::Gate::Pass> pass = gate_.enter();
  co_await runtime::yield();  // requests that came together share the first one, too
  while (pass && !offline_ && must_flush_now()) {
    const Result<> flushed = co_await log_->flush();
    if (flushed) {
      advance();
    } else if (flushed.error().code == Errc::TooManyOpenFiles) {
      co_await runtime::sleep_for(flush_pause);
    } else {
      disk_failed(flushed.error());
    }
  }
  is_flushing_ = false;
  if (pass && !offline_) {
    take_to_disk();  // what came during the last sync and is not due yet
  }
}

void Partition::disk_failed(const Error& why) {
  offline(why);
  if (keeper_ != nullptr) {
    keeper_->disk_failed(*this, why);
  }
}

runtime::Async<> Partition::sync(storage::SyncScope scope) {
  const Result<runtime::Gate::Pass> pass = gate_.enter();
  if (!pass || log_ == nullptr || offline_) {
    co_return Result<>{};
  }
  const Result<> done = co_await log_->sync(scope);
  advance();
  // Where it did not fail itself, whoever did is about to say so.
  if (!done && log_->is_failed() && !offline_) {
    disk_failed(done.error());
  }
  co_return done;
}

runtime::Async<std::optional<storage::PartitionLog::Unsynced>> Partition::prepare_sync(storage::SyncScope scope) {
  using Prepared = std::optional<storage::PartitionLog::Unsynced>;
  const Result<runtime::Gate::Pass> pass = gate_.enter();
  if (!pass || log_ == nullptr || offline_) {
    co_return Prepared();
  }
  CO_TRY(auto prepared, co_await log_->prepare_sync(scope));
  co_return Prepared(std::move(prepared));
}

runtime::Async<> Partition::synced(storage::PartitionLog::Unsynced what) {
  const Result<runtime::Gate::Pass> pass = gate_.enter();
  if (!pass || log_ == nullptr || offline_) {
    co_return Result<>{};
  }
  const Result<> done = co_await log_->synced(std::move(what));
  advance();
  co_return done;
}

}  // namespace odradek::replication
