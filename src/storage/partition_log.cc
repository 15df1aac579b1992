#include "storage/partition_log.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "runtime/shard.h"
#include "storage/log_files.h"
#include "storage/log_loader.h"
#include "storage/producer_snapshot.h"
#include "storage/segment.h"

namespace odradek::storage {

namespace {

runtime::FileSystem& files() { return runtime::Shard::current().files(); }

Bytes to_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return Bytes(view.begin(), view.end());
}

}  // namespace

PartitionLog::PartitionLog(LogPlace place, LogOptions options)
    : partition_(std::move(place.partition)),
      options_(std::move(options)),
      directory_(std::make_shared<runtime::DirectoryPath>(std::move(place.directory))),
      first_dirty_(place.first_dirty) {}

PartitionLog::~PartitionLog() = default;

runtime::Async<std::unique_ptr<PartitionLog>> PartitionLog::create(LogPlace place, TopicId topic, LogOptions options,
                                                                   Offset start) {
  CO_TRY(co_await files().create_directories(place.directory));
  auto log = std::unique_ptr<PartitionLog>(new PartitionLog(std::move(place), std::move(options)));
  log->topic_id_ = topic;
  log->is_new_ = true;
  log->names_unsynced_ = true;
  log->start_offset_ = log->end_offset_ = log->flushed_offset_ = start;
  // Neither synced nor replaced at once: before the first flush there are no records that it could lose.
  {
    CO_TRY(const auto metadata,
           co_await files().open(log->directory_, std::string(partition_metadata_file), runtime::OpenMode::CreateNew));
    const std::string text = partition_metadata_text(topic);
    CO_TRY(co_await metadata->write(0, {as_bytes(text)}));
  }
  auto first = std::make_shared<Segment>(log->directory_, start, SegmentFiles{}, runtime::Shard::current().wall_now());
  // The first append makes the file; a log that begins elsewhere says so by the name of its empty segment.
  if (start > Offset{0}) {
    CO_TRY(co_await first->create());
  } else {
    first->begin();
  }
  log->segments_.emplace(start, std::move(first));
  co_return log;
}

runtime::Async<std::unique_ptr<PartitionLog>> PartitionLog::open(LogPlace place, LogOptions options) {
  auto log = std::unique_ptr<PartitionLog>(new PartitionLog(place, std::move(options)));
  LogLoader loader(*log, place);
  CO_TRY(co_await loader.load());
  co_return log;
}

uint64_t PartitionLog::size_bytes() const {
  uint64_t size = 0;
  for (const auto& [base, segment] : segments_) {
    size += segment->size();
  }
  return size;
}

// Not written to disk until the epoch has a record: until then nothing would be lost with it.
void PartitionLog::begin_epoch(LeaderEpoch epoch) { epochs_.assign(epoch, end_offset_); }

runtime::Async<> PartitionLog::take_snapshot(Offset offset) {
  if (snapshots_.contains(offset)) {
    co_return {};
  }
  const Bytes bytes = encode_producer_snapshot(producers_);
  CO_TRY(const auto file,
         co_await files().open(directory_, file_name(offset, snapshot_suffix), runtime::OpenMode::Create));
  CO_TRY(co_await file->write(0, {ByteView(bytes)}));
  CO_TRY(co_await file->truncate(bytes.size()));
  snapshots_[offset] = bytes.size();
  names_unsynced_ = true;
  co_return {};
}

runtime::Async<> PartitionLog::store_epochs() {
  if (!epochs_dirty_) {
    co_return {};
  }
  epochs_dirty_ = false;  // a change while we write makes it so again
  const Result<> stored = co_await files().replace_file(join_path(directory(), epochs_file), to_bytes(epochs_.text()));
  epochs_dirty_ = epochs_dirty_ || !stored;
  co_return stored;
}

runtime::Async<> PartitionLog::sync_names() {
  if (std::exchange(is_new_, false)) {
    LazyFile metadata(directory_, std::string(partition_metadata_file), true);
    const Result<> synced = co_await metadata.sync();
    is_new_ = !synced;
    CO_TRY(synced);
  }
  if (std::exchange(names_unsynced_, false)) {
    Result<> synced = co_await files().sync_directory(directory());
    if (synced) {
      const std::string parent = directory().substr(0, directory().rfind('/'));
      synced = co_await files().sync_directory(parent);
    }
    names_unsynced_ = names_unsynced_ || !synced;
    CO_TRY(synced);
  }
  co_return {};
}

runtime::Async<> PartitionLog::flush() {
  // One after the other: what one is about to sync, another must not take for synced.
  const auto turn = co_await flush_turn_.acquire();
  CO_TRY(check_usable());
  const Offset end = end_offset_;
  if (end == flushed_offset_ && sealed_unsynced_.empty()) {
    co_return {};
  }
  Segments unsynced(segment_holding(flushed_offset_), segments_.end());
  const Segments sealed = sealed_unsynced_;
  unsynced.insert(sealed.begin(), sealed.end());
  for (const auto& [base, segment] : unsynced) {
    const Result<> synced = co_await segment->sync();
    if (!synced) {
      // A sync that failed may have dropped the bytes, and the next would not say so.
      failed_ = failed_ || synced.error().code != Errc::TooManyOpenFiles;
      co_return synced;
    }
  }
  CO_TRY(co_await store_epochs());
  CO_TRY(co_await sync_names());
  for (const auto& [base, segment] : sealed) {
    sealed_unsynced_.erase(base);
  }
  if (end > flushed_offset_) {
    flushed_offset_ = end;
    moved();
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
    // Not replaced at once: should it be torn without the marker of a clean stop, recovery reads the epochs anew.
    if (std::exchange(epochs_dirty_, false)) {
      LazyFile epochs(directory_, std::string(epochs_file), true);
      CO_TRY(co_await epochs.replace(to_bytes(epochs_.text())));
    }
    co_return {};
  }
  CO_TRY(co_await flush());
  CO_TRY(co_await active().sync_indexes());
  co_return co_await store_epochs();
}

runtime::Async<std::string> PartitionLog::retire(std::string suffix) {
  const auto turn = co_await change_turn_.acquire();
  const std::string name = retired_name(partition_, runtime::Shard::current().random().uuid(), suffix);
  const std::string from = directory();
  const std::string to = join_path(from.substr(0, from.rfind('/')), name);
  CO_TRY(co_await files().rename(from, to));
  directory_->set(to);
  failed_ = true;  // nobody writes here any more
  co_return to;
}

}  // namespace odradek::storage
