#include "storage/log_loader.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "observe/log.h"
#include "runtime/shard.h"
#include "storage/log_files.h"
#include "storage/log_leftovers.h"
#include "storage/producer_snapshot.h"

namespace odradek::storage {

namespace {

// Kafka sets no bound to a partition's producers; each takes 46 bytes.
constexpr uint64_t snapshot_size_max = uint64_t{1} << 30;

runtime::FileSystem& files() { return runtime::Shard::current().files(); }

// Applies batches of one segment from `from` on to the producer table.
runtime::Async<> replay(std::shared_ptr<Segment> segment, Offset from, Offset end, ProducerTable& table) {
  CO_TRY(const auto first, co_await segment->find(from));
  if (!first) {
    co_return {};
  }
  CO_TRY(runtime::File* const file, co_await segment->file());
  LogScanner scanner(*file, first->position, segment->size(), LogScanner::chunk_for_headers);
  for (;;) {
    CO_TRY(const auto batch, co_await scanner.next());
    if (!batch || batch->header.base_offset >= end) {
      co_return {};
    }
    if (batch->header.base_offset < from || !batch->header.has_producer_id()) {
      continue;
    }
    ByteView bytes;
    if (needs_records(batch->header)) {
      CO_TRY(bytes, co_await scanner.bytes());
    }
    CO_TRY(const ProducerEffect effect, producer_effect(batch->header, bytes));
    apply(effect, batch->header.base_offset, table);
  }
}

}  // namespace

runtime::Async<> LogLoader::load() {
  CO_TRY(co_await sort_files());
  CO_TRY(co_await read_metadata());
  CO_TRY(co_await read_epochs());
  CO_TRY(co_await read_compaction());
  const Offset unsafe = first_unsafe();
  if (unsafe <= log_.segments_.rbegin()->first) {
    CO_TRY(co_await recover_from(unsafe));
  } else {
    CO_TRY(co_await open_tail());
  }
  CO_TRY(co_await settle_offsets());
  if (!recovered_) {
    CO_TRY(co_await rebuild_producers(log_, log_.end_offset_));
  }
  log_.expire_producers(runtime::Shard::current().wall_now());
  co_return co_await drop_stray_snapshots();
}

runtime::Async<> LogLoader::sort_files() {
  CO_TRY(entries_, co_await files().list(place_.directory));
  CO_TRY(const bool changed, co_await settle_leftovers(place_.directory, &entries_));
  if (changed) {
    CO_TRY(entries_, co_await files().list(place_.directory));
    log_.names_changed();
  }
  std::map<Offset, SegmentFiles> segments;
  for (const runtime::DirectoryEntry& entry : entries_) {
    if (const auto of_log = offset_of(entry.name, log_suffix)) {
      segments[*of_log].log = entry.size;
    } else if (const auto of_index = offset_of(entry.name, index_suffix)) {
      segments[*of_index].index = entry.size;
    } else if (const auto of_times = offset_of(entry.name, time_index_suffix)) {
      segments[*of_times].time_index = entry.size;
    } else if (const auto of_aborted = offset_of(entry.name, aborted_index_suffix)) {
      segments[*of_aborted].has_aborted_index = true;
    } else if (const auto of_snapshot = offset_of(entry.name, snapshot_suffix)) {
      log_.snapshots_[*of_snapshot] = entry.size;
    } else if (entry.name == partition_metadata_file) {
      has_metadata_ = true;
    } else if (entry.name == epochs_file) {
      has_epochs_ = true;
    } else if (entry.name == compaction_file) {
      has_compaction_ = true;
    }
  }
  const int64_t now = runtime::Shard::current().wall_now();
  for (const auto& [base, found] : segments) {
    auto segment = std::make_shared<Segment>(log_.directory_, base, found, now);
    if (found.log) {
      log_.segments_.emplace(base, std::move(segment));
    } else {
      CO_TRY(co_await segment->remove());  // indexes of a log that is gone
    }
  }
  if (log_.segments_.empty()) {
    auto first = std::make_shared<Segment>(log_.directory_, place_.start_offset, SegmentFiles{}, now);
    if (place_.start_offset > Offset{0}) {
      CO_TRY(co_await first->create());
    } else {
      first->begin();
    }
    log_.segments_.emplace(place_.start_offset, std::move(first));
    log_.names_changed();
  }
  co_return {};
}

runtime::Async<> LogLoader::read_metadata() {
  if (has_metadata_) {
    CO_TRY(const Bytes bytes, co_await files().read_file(join_path(place_.directory, partition_metadata_file)));
    const Result<TopicId> topic = parse_partition_metadata(as_text(bytes));
    if (topic) {
      log_.topic_id_ = *topic;
    } else if (log_.size_bytes() > 0 && place_.recovery_point > Offset{0}) {
      co_return std::unexpected(topic.error());
    }
    // It is synced before any record is. Of a partition that never was it may have been lost in a power cut, though
    // some records were not: then there is none.
  }
  co_return {};
}

runtime::Async<> LogLoader::read_epochs() {
  Bytes bytes;
  if (has_epochs_) {
    CO_TRY(bytes, co_await files().read_file(join_path(place_.directory, epochs_file)));
  }
  if (bytes.empty()) {
    epochs_unreadable_ = !place_.was_clean && log_.size_bytes() > 0;
    co_return {};
  }
  auto epochs = EpochCache::parse(as_text(bytes));
  if (epochs) {
    log_.epochs_ = *std::move(epochs);
  } else {
    epochs_unreadable_ = true;  // the batches know them
  }
  co_return {};
}

runtime::Async<> LogLoader::read_compaction() {
  if (has_compaction_) {
    CO_TRY(const Bytes bytes, co_await files().read_file(join_path(place_.directory, compaction_file)));
    log_.gaps_end_ = parse_compaction(as_text(bytes)).value_or(Offset{INT64_MAX});
  }
  co_return {};
}

Offset LogLoader::first_unsafe() const {
  const auto& segments = log_.segments_;
  if (epochs_unreadable_) {
    return segments.begin()->first;
  }
  for (auto at = segments.begin(); at != segments.end(); ++at) {
    const auto next = std::next(at);
    // One that ends at the recovery point may have been sealed after it, or cut there: its indexes and its very end may
    // not be on disk.
    const bool is_on_disk = next == segments.end() ? at->second->size() == 0 : next->first < place_.recovery_point;
    if (at->second->size() > 0 && !at->second->has_sound_index_sizes()) {
      return at->first;
    }
    if (!place_.was_clean && !is_on_disk) {
      return at->first;
    }
  }
  return Offset{INT64_MAX};
}

runtime::Async<> LogLoader::open_tail() {
  const Result<Offset> end = co_await log_.active().activate();
  if (!end && end.error().code == Errc::CorruptMessage) {
    co_return co_await recover_from(log_.active().base());
  }
  CO_TRY(end);
  log_.end_offset_ = *end;
  co_return {};
}

runtime::Async<> LogLoader::settle_offsets() {
  log_.end_position_ = log_.active().size();
  log_.first_dirty_ = std::min(log_.first_dirty_, log_.end_offset_);
  log_.start_offset_ = std::max(place_.start_offset, log_.segments_.begin()->first);
  log_.flushed_offset_ = place_.was_clean && !recovered_
                             ? log_.end_offset_
                             : std::clamp(place_.recovery_point, log_.segments_.begin()->first, log_.end_offset_);
  // Unless something was flushed here, names and metadata may not be on disk either.
  log_.is_new_ = log_.flushed_offset_ == log_.segments_.begin()->first;
  log_.recovery_point_ = log_.flushed_offset_;
  if (recovered_ || log_.is_new_) {
    log_.names_changed();
  }
  if (log_.start_offset_ > log_.end_offset_) {
    // The records below the start are deleted, and those above it are lost: nothing is left.
    co_return co_await log_.start_over_at(log_.start_offset_);
  }
  log_.epochs_dirty_ = log_.epochs_.truncate_from_end(log_.end_offset_ + 1) || log_.epochs_dirty_;
  log_.epochs_dirty_ = log_.epochs_.truncate_from_start(log_.start_offset_) || log_.epochs_dirty_;
  co_return {};
}

runtime::Async<> LogLoader::rebuild_producers(PartitionLog& log, Offset end) {
  log.producers_.clear();
  Offset covered = log.segments_.begin()->first;
  for (auto at = log.snapshots_.upper_bound(end); at != log.snapshots_.begin();) {
    at = std::prev(at);
    if (at->second != empty_snapshot_size) {
      const std::string path = join_path(log.directory(), file_name(at->first, snapshot_suffix));
      Result<Bytes> bytes = co_await files().read_file(path, snapshot_size_max);
      if (!bytes && bytes.error().code != Errc::CorruptMessage) {
        co_return std::unexpected(std::move(bytes).error());
      }
      auto states = bytes ? decode_producer_snapshot(*bytes) : std::unexpected(std::move(bytes).error());
      if (!states) {
        CO_TRY(co_await log.remove_snapshots(at->first, at->first + 1));
        at = log.snapshots_.upper_bound(end);
        continue;
      }
      for (ProducerState& state : *states) {
        log.producers_.put(std::move(state));
      }
    }
    covered = at->first;
    break;
  }
  for (auto at = log.segment_holding(covered); covered < end && at != log.segments_.end() && at->first < end; ++at) {
    const Result<> replayed = co_await replay(at->second, covered, end, log.producers_);
    if (!replayed && replayed.error().code != Errc::CorruptMessage) {
      co_return replayed;
    }
    if (!replayed) {
      // The records stay where they are and readers will be told; those producers begin anew.
      observe::Logger("storage")
          .warn("producers_lost")
          .with("partition", log.partition_)
          .with("segment", at->first)
          .with("reason", replayed.error().message);
    }
  }
  co_return {};
}

runtime::Async<> LogLoader::drop_stray_snapshots() {
  std::vector<Offset> strays;
  for (const auto& [offset, size] : log_.snapshots_) {
    const bool is_newest = offset == log_.snapshots_.rbegin()->first && offset <= log_.end_offset_;
    if (!log_.segments_.contains(offset) && !is_newest) {
      strays.push_back(offset);
    }
  }
  for (const Offset offset : strays) {
    CO_TRY(co_await log_.remove_snapshots(offset, offset + 1));
  }
  co_return {};
}

}  // namespace odradek::storage
