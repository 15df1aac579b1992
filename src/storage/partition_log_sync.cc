// PartitionLog: how it gets onto the disk.
#include <algorithm>
#include <utility>

#include "runtime/shard.h"
#include "storage/lazy_file.h"
#include "storage/log_files.h"
#include "storage/partition_log.h"
#include "storage/producer_snapshot.h"
#include "storage/segment.h"

namespace odradek::storage {

namespace {

// Snapshots between segments that are kept: the checkpoint file may still name the recovery point before the last.
constexpr size_t loose_snapshots_max = 2;

runtime::FileSystem& files() { return runtime::Shard::current().files(); }

Bytes to_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return Bytes(view.begin(), view.end());
}

}  // namespace

runtime::Async<> PartitionLog::take_snapshot(Offset offset) {
  if (snapshots_.contains(offset)) {
    co_return {};
  }
  Bytes bytes = encode_producer_snapshot(producers_);
  const uint64_t size = bytes.size();
  auto file = std::make_shared<LazyFile>(directory_, file_name(offset, snapshot_suffix), false);
  CO_TRY(co_await file->replace(std::move(bytes)));
  snapshots_[offset] = size;
  snapshots_unsynced_[offset] = std::move(file);
  names_changed();
  co_return {};
}

// ByOwner: without a sync. What a power cut may make of it (the old contents, or none) recovery notices.
runtime::Async<> PartitionLog::store_epochs(Syncing syncing) {
  if (!std::exchange(epochs_dirty_, false)) {  // a change while we write makes it so again
    co_return {};
  }
  Result<> stored;
  if (syncing == Syncing::Now) {
    stored = co_await files().replace_file(join_path(directory(), epochs_file), to_bytes(epochs_.text()));
  } else {
    LazyFile next(directory_, std::string(epochs_file) + ".tmp", false);
    stored = co_await next.replace(to_bytes(epochs_.text()));
    if (stored) {
      stored = co_await next.rename(std::string(epochs_file));
    }
    names_changed();
  }
  epochs_dirty_ = epochs_dirty_ || !stored;
  co_return stored;
}

runtime::Async<> PartitionLog::sync_names() {
  const Result<> synced = co_await sync_new_names();
  failed_ = failed_ || (!synced && synced.error().code != Errc::TooManyOpenFiles);
  co_return synced;
}

runtime::Async<> PartitionLog::sync_new_names() {
  const uint64_t names = names_;
  if (names == names_synced_) {
    co_return {};
  }
  if (is_new_) {
    LazyFile metadata(directory_, std::string(partition_metadata_file), true);
    const Result<> synced = co_await metadata.sync();
    if (!synced && synced.error().code != Errc::NotFound) {
      co_return synced;
    }
    const std::string parent = directory().substr(0, directory().rfind('/'));
    CO_TRY(co_await files().sync_directory(parent));
  }
  CO_TRY(co_await files().sync_directory(directory()));
  is_new_ = false;
  names_synced_ = names;
  co_return {};
}

PartitionLog::Unsynced PartitionLog::unsynced(SyncScope scope) const {
  Unsynced what{.scope = scope,
                .end = end_offset_,
                .sealed = {},
                .appended_bytes = appended_bytes_,
                .cuts = cuts_,
                .names = names_};
  for (const auto& [base, segment] : sealed_unsynced_) {
    what.sealed.push_back(base);
  }
  return what;
}

runtime::Async<> PartitionLog::store_for_recovery() {
  if (end_offset_ > recovery_point_) {
    CO_TRY(co_await active().store_indexes_so_far());
    CO_TRY(co_await take_snapshot(end_offset_));
  }
  co_return {};
}

runtime::Async<> PartitionLog::sync(SyncScope scope) {
  std::optional<Unsynced> what;
  if (scope == SyncScope::RecoveryPoint) {
    const auto turn = co_await change_turn_.acquire();
    CO_TRY(check_usable());
    CO_TRY(co_await store_for_recovery());
    what = unsynced(scope);
  }
  {
    // One after the other: what one is about to sync, another must not take for synced.
    const auto turn = co_await flush_turn_.acquire();
    CO_TRY(check_usable());
    if (!what) {
      what = unsynced(scope);
    }
    CO_TRY(co_await sync_files(scope));
    settle(*what);
  }
  if (scope == SyncScope::RecoveryPoint) {
    CO_TRY(co_await drop_old_snapshots());
  }
  co_return {};
}

runtime::Async<> PartitionLog::sync_files(SyncScope scope) {
  const Result<> synced = co_await sync_contents(scope);
  if (!synced) {
    // A sync that failed may have dropped the bytes, and the next would not say so.
    failed_ = failed_ || synced.error().code != Errc::TooManyOpenFiles;
    co_return synced;
  }
  if (scope == SyncScope::RecoveryPoint) {
    const Result<> stored = co_await store_epochs(Syncing::Now);
    if (!stored) {
      co_return std::unexpected(noted(stored.error()));
    }
  }
  co_return {};
}

runtime::Async<> PartitionLog::sync_contents(SyncScope scope) {
  Segments records;
  if (end_offset_ > flushed_offset_) {
    records.insert(segment_holding(flushed_offset_), segments_.end());
  }
  for (const auto& [base, segment] : records) {
    CO_TRY(co_await segment->sync_records());
  }
  if (scope == SyncScope::RecoveryPoint) {
    Segments whole = sealed_unsynced_;
    whole.insert(*segments_.rbegin());
    for (const auto& [base, segment] : whole) {
      CO_TRY(co_await segment->sync());
    }
    const auto snapshots = snapshots_unsynced_;
    for (const auto& [offset, file] : snapshots) {
      CO_TRY(co_await file->sync());
    }
  }
  co_return co_await sync_names();
}

runtime::Async<PartitionLog::Unsynced> PartitionLog::prepare_sync(SyncScope scope) {
  const auto turn = co_await change_turn_.acquire();
  CO_TRY(check_usable());
  if (scope == SyncScope::RecoveryPoint) {
    CO_TRY(co_await store_for_recovery());
    CO_TRY(co_await store_epochs(Syncing::ByOwner));
  }
  co_return unsynced(scope);
}

runtime::Async<> PartitionLog::synced(Unsynced what) {
  if (what.cuts != cuts_ || failed_) {
    co_return {};
  }
  settle(what);
  names_synced_ = std::max(names_synced_, what.names);
  is_new_ = false;
  if (what.scope == SyncScope::RecoveryPoint) {
    CO_TRY(co_await drop_old_snapshots());
  }
  co_return {};
}

void PartitionLog::settle(const Unsynced& what) {
  if (what.cuts != cuts_) {
    return;  // the cut has synced what it left
  }
  if (what.scope == SyncScope::RecoveryPoint) {
    for (const Offset base : what.sealed) {
      sealed_unsynced_.erase(base);
    }
    snapshots_unsynced_.erase(snapshots_unsynced_.begin(), snapshots_unsynced_.upper_bound(what.end));
    recovery_point_ = std::max(recovery_point_, what.end);
    recovery_bytes_ = std::max(recovery_bytes_, what.appended_bytes);
  }
  if (what.end > flushed_offset_) {
    flushed_offset_ = what.end;
    moved();
  }
}

// Those that belong to a segment go with it.
runtime::Async<> PartitionLog::drop_old_snapshots() {
  const auto turn = co_await change_turn_.acquire();
  CO_TRY(check_usable());
  std::vector<Offset> loose;
  for (const auto& [offset, size] : snapshots_) {
    if (!segments_.contains(offset) && offset <= recovery_point_) {
      loose.push_back(offset);
    }
  }
  for (size_t i = 0; i + loose_snapshots_max < loose.size(); ++i) {
    CO_TRY(co_await remove_snapshots(loose[i], loose[i] + 1));
  }
  co_return {};
}

runtime::Async<> PartitionLog::close(Syncing syncing) {
  const auto turn = co_await change_turn_.acquire();
  CO_TRY(check_usable());
  CO_TRY(co_await active().store_indexes(true));
  const bool has_new_records = snapshots_.empty() ? end_offset_ > segments_.begin()->first || producers_.size() > 0
                                                  : snapshots_.rbegin()->first < end_offset_;
  if (has_new_records) {
    CO_TRY(co_await take_snapshot(end_offset_));
  }
  if (syncing == Syncing::ByOwner) {
    co_return co_await store_epochs(syncing);
  }
  const auto flush_turn = co_await flush_turn_.acquire();
  CO_TRY(co_await sync_files(SyncScope::RecoveryPoint));
  settle(unsynced(SyncScope::RecoveryPoint));
  co_return {};
}

}  // namespace odradek::storage
