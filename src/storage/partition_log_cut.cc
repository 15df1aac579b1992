// PartitionLog: how records leave, at either end.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "runtime/shard.h"
#include "storage/lazy_file.h"
#include "storage/log_files.h"
#include "storage/log_loader.h"
#include "storage/partition_log.h"
#include "storage/retention_plan.h"
#include "storage/segment.h"

namespace odradek::storage {

runtime::Async<> PartitionLog::take_out(Segments::iterator segment) {
  const std::shared_ptr<Segment> gone = segment->second;
  const Result<> renamed = co_await gone->rename_to(deleted_suffix);
  names_changed();
  CO_TRY(renamed);
  segments_.erase(gone->base());
  sealed_unsynced_.erase(gone->base());
  deleted_.push_back({gone, runtime::Shard::current().now()});
  co_return {};
}

runtime::Async<bool> PartitionLog::truncate_to(Offset end) {
  const auto structure_turn = co_await structure_turn_.acquire();
  const auto turn = co_await change_turn_.acquire();
  CO_TRY(check_usable());
  if (end >= end_offset_) {
    co_return false;
  }
  const auto flush_turn = co_await flush_turn_.acquire();
  recent_.clear();
  ++cuts_;
  const Result<> cut = co_await cut_above(end);
  ++cuts_;
  if (!cut) {
    failed_ = true;  // some of it may be cut
    co_return std::unexpected(cut.error());
  }
  moved();
  co_return true;
}

runtime::Async<> PartitionLog::cut_above(Offset end) {
  if (end < segments_.begin()->first) {
    co_return co_await start_over_at(end);
  }
  while (segments_.size() > 1 && segments_.rbegin()->first > end) {
    CO_TRY(co_await take_out(std::prev(segments_.end())));
  }
  sealed_unsynced_.erase(active().base());  // it grows again
  CO_TRY(end_offset_, co_await active().truncate_to(end));
  // On disk at once: below the flushed offset recovery would trust bytes that come back after a power cut.
  CO_TRY(co_await remove_snapshots(end_offset_ + 1, Offset{INT64_MAX}));
  CO_TRY(co_await active().sync());
  CO_TRY(co_await sync_names());
  end_position_ = active().size();
  start_offset_ = std::min(start_offset_, end_offset_);
  flushed_offset_ = std::min(flushed_offset_, end_offset_);
  first_dirty_ = std::min(first_dirty_, end_offset_);
  recovery_point_ = std::min(recovery_point_, end_offset_);
  epochs_dirty_ = epochs_.truncate_from_end(end_offset_) || epochs_dirty_;
  CO_TRY(co_await store_epochs(Syncing::Now));
  co_return co_await LogLoader::rebuild_producers(*this, end_offset_);
}

runtime::Async<> PartitionLog::truncate_fully_and_start_at(Offset start) {
  const auto structure_turn = co_await structure_turn_.acquire();
  const auto turn = co_await change_turn_.acquire();
  const auto flush_turn = co_await flush_turn_.acquire();
  CO_TRY(check_usable());
  recent_.clear();
  ++cuts_;
  const Result<> done = co_await start_over_at(start);
  ++cuts_;
  if (!done) {
    failed_ = true;
    co_return done;
  }
  moved();
  co_return {};
}

runtime::Async<> PartitionLog::start_over_at(Offset start) {
  while (!segments_.empty()) {
    CO_TRY(co_await take_out(std::prev(segments_.end())));
  }
  auto first = std::make_shared<Segment>(directory_, start, SegmentFiles{}, runtime::Shard::current().wall_now());
  segments_.emplace(start, first);
  CO_TRY(co_await first->create());
  start_offset_ = start;
  end_offset_ = start;
  end_position_ = 0;
  flushed_offset_ = start;
  first_dirty_ = start;
  recovery_point_ = start;
  producers_.clear();
  epochs_dirty_ = epochs_.clear() || epochs_dirty_;
  CO_TRY(co_await store_epochs(Syncing::Now));
  CO_TRY(co_await remove_snapshots(Offset{0}, Offset{INT64_MAX}));
  names_changed();
  co_return co_await sync_names();
}

runtime::Async<> PartitionLog::delete_records_before(Offset start) {
  const auto turn = co_await change_turn_.acquire();
  CO_TRY(check_usable());
  if (start > end_offset_) {
    co_return fail(Errc::OffsetOutOfRange,
                   fmt::format("{} has no records up to {}, it ends at {}", partition_, start, end_offset_));
  }
  if (start > start_offset_) {
    start_offset_ = start;
    epochs_dirty_ = epochs_.truncate_from_start(start) || epochs_dirty_;
    moved();
  }
  co_return {};
}

runtime::Async<size_t> PartitionLog::apply_retention(Offset high_watermark, int64_t now_ms) {
  const auto structure_turn = co_await structure_turn_.acquire();
  const auto turn = co_await change_turn_.acquire();
  CO_TRY(check_usable());
  RetentionInput input{.segments = {}, .start = start_offset_, .high_watermark = high_watermark, .now_ms = now_ms};
  const bool may_be_too_old = options_.deletes && options_.retention_ms >= 0;
  for (auto at = segments_.begin(); at != segments_.end(); ++at) {
    const auto next = std::next(at);
    int64_t largest = no_timestamp;
    if (may_be_too_old) {
      CO_TRY(largest, co_await at->second->largest_timestamp());
    }
    input.segments.push_back({.base = at->first,
                              .end = next == segments_.end() ? end_offset_ : next->first,
                              .size_bytes = at->second->size(),
                              .largest_timestamp_ms = largest >= 0 ? largest : at->second->created_ms()});
  }
  const size_t count = RetentionPlan::make(input, options_).segments_to_delete;
  if (count == 0) {
    co_return 0;
  }
  const Offset end_of_last = input.segments[count - 1].end;
  if (count == segments_.size()) {
    CO_TRY(co_await roll_at(end_offset_));
  }
  const auto flush_turn = co_await flush_turn_.acquire();
  // The start moves first: nobody may find a later record in the place of one that is going.
  if (end_of_last > start_offset_) {
    start_offset_ = end_of_last;
    epochs_dirty_ = epochs_.truncate_from_start(start_offset_) || epochs_dirty_;
    moved();
  }
  // The epochs of the records that go are known from here only, and producers that wrote nothing since from the
  // snapshot at their end.
  CO_TRY(co_await store_epochs(Syncing::Now));
  if (const auto snapshot = snapshots_unsynced_.find(end_of_last); snapshot != snapshots_unsynced_.end()) {
    const std::shared_ptr<LazyFile> file = snapshot->second;
    const Result<> synced = co_await file->sync();
    failed_ = failed_ || (!synced && synced.error().code != Errc::TooManyOpenFiles);
    CO_TRY(synced);
  }
  CO_TRY(co_await drop_front(count));
  co_return count;
}

// One after the other, each on the disk before the next goes: what a power cut brings back must not have a hole, or
// recovery would cut the log there.
runtime::Async<> PartitionLog::drop_front(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    CO_TRY(co_await sync_names());
    const Offset base = segments_.begin()->first;
    CO_TRY(co_await take_out(segments_.begin()));
    CO_TRY(co_await remove_snapshots(base, base + 1));
  }
  co_return co_await sync_names();
}

runtime::Async<> PartitionLog::remove_deleted_files(runtime::MonotonicTime now) {
  const auto turn = co_await change_turn_.acquire();
  while (!deleted_.empty() && std::chrono::duration_cast<std::chrono::milliseconds>(now - deleted_.front().renamed) >=
                                  options_.file_delete_delay) {
    const std::shared_ptr<Segment> segment = deleted_.front().segment;
    deleted_.erase(deleted_.begin());
    const Result<> removed = co_await segment->remove();
    // A later segment of the same base may have taken over its names, and been removed.
    if (!removed && removed.error().code != Errc::NotFound) {
      co_return removed;
    }
  }
  co_return {};
}

runtime::Async<> PartitionLog::remove_snapshots(Offset from, Offset to) {
  auto at = snapshots_.lower_bound(from);
  while (at != snapshots_.end() && at->first < to) {
    const std::string path = join_path(directory(), file_name(at->first, snapshot_suffix));
    snapshots_unsynced_.erase(at->first);
    at = snapshots_.erase(at);
    const Result<> removed = co_await runtime::Shard::current().files().remove(path);
    names_changed();
    if (!removed && removed.error().code != Errc::NotFound) {
      co_return removed;
    }
  }
  co_return {};
}

}  // namespace odradek::storage
