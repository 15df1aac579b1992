// LogLoader: how a log whose end nobody vouches for becomes trustworthy.
#include <algorithm>
#include <iterator>

#include "observe/log.h"
#include "runtime/shard.h"
#include "storage/log_loader.h"

namespace odradek::storage {

runtime::Async<> LogLoader::recover_from(Offset base) {
  recovered_ = true;
  log_.epochs_dirty_ = true;
  auto at = log_.segments_.find(base);
  CO_TRY(ResumePoint from, co_await resume_point(at->second));
  CO_TRY(co_await rebuild_producers(log_, from.next));
  // Nobody vouches for those above: a power cut may have left their names and not what was in them.
  CO_TRY(co_await log_.remove_snapshots(from.next + 1, Offset{INT64_MAX}));
  log_.end_offset_ = from.next;
  for (; at != log_.segments_.end(); ++at) {
    log_.end_offset_ = std::max(log_.end_offset_, at->first);
    CO_TRY(const bool is_whole, co_await recover_segment(at->second, from.position));
    from.position = 0;
    const auto next = std::next(at);
    if (next == log_.segments_.end()) {
      break;
    }
    // Damage to what was durable is not what an interrupted write left: it takes nothing else along.
    const bool is_vouched_for = place_.was_clean || next->first <= place_.recovery_point;
    // One that begins below the end was dropped by an earlier recovery, and has come back with a power cut.
    if ((!is_whole && !is_vouched_for) || next->first < log_.end_offset_ || is_hole(log_.end_offset_, next->first)) {
      observe::Logger("storage")
          .warn("segments_dropped_in_recovery")
          .with("partition", log_.partition_)
          .with("end_offset", log_.end_offset_)
          .with("first_dropped", next->first);
      CO_TRY(co_await drop_segments_above(at->first));
      break;
    }
    CO_TRY(co_await at->second->store_indexes(false));
    CO_TRY(co_await log_.take_snapshot(next->first));
    log_.sealed_unsynced_.insert(*at);
  }
  if (dropped_) {
    // What is gone must not come back with a power cut, behind the records that will be appended.
    CO_TRY(co_await runtime::Shard::current().files().sync_directory(place_.directory));
  }
  co_return {};
}

runtime::Async<ResumePoint> LogLoader::resume_point(std::shared_ptr<Segment> segment) {
  const bool can_resume = !place_.was_clean && !epochs_unreadable_ && place_.recovery_point > segment->base() &&
                          segment->has_sound_index_sizes();
  if (can_resume) {
    const Result<ResumePoint> found =
        co_await segment->resume_at(place_.recovery_point, log_.options_.index_interval_bytes);
    if (found || found.error().code != Errc::CorruptMessage) {
      co_return found;
    }
    observe::Logger("storage")
        .warn("recovery_point_unusable")
        .with("partition", log_.partition_)
        .with("segment", segment->base())
        .with("recovery_point", place_.recovery_point)
        .with("reason", found.error().message);
  }
  co_return ResumePoint{.position = 0, .next = segment->base()};
}

// A power cut may take a segment's records and leave the next segment's. Below the recovery point, or where a cleaner
// may have been, there are gaps for other reasons, and what lies above them is kept. The topic's policy of today says
// nothing about yesterday's, unless it compacts; the other two speak of what was done.
bool LogLoader::is_hole(Offset end, Offset next_base) const {
  const bool may_be_compacted = log_.options_.compacts || next_base <= std::max(place_.first_dirty, log_.gaps_end_);
  return end < next_base && !may_be_compacted && place_.has_recovery_point && next_base > place_.recovery_point;
}

runtime::Async<> LogLoader::drop_segments_above(Offset base) {
  dropped_ = true;
  while (log_.segments_.rbegin()->first > base) {
    CO_TRY(co_await log_.take_out(std::prev(log_.segments_.end())));
  }
  co_return {};
}

runtime::Async<bool> LogLoader::recover_segment(std::shared_ptr<Segment> segment, uint64_t from) {
  if (from == 0) {
    CO_TRY(co_await segment->begin_rebuild());
  }
  const uint64_t size = segment->size();
  if (size == 0) {
    co_return true;  // there may be no file
  }
  CO_TRY(runtime::File* const file, co_await segment->file());
  LogScanner scanner(*file, from, size, LogScanner::chunk_for_contents);
  uint64_t good = from;
  for (;;) {
    const Result<std::optional<ScannedBatch>> batch = co_await scanner.next();
    if (!batch && batch.error().code != Errc::CorruptMessage) {
      co_return std::unexpected(batch.error());
    }
    if (!batch || !*batch) {
      break;
    }
    const Result<> taken = co_await take_in(scanner, **batch, *segment);
    if (!taken && taken.error().code != Errc::CorruptMessage) {
      co_return std::unexpected(taken.error());
    }
    if (!taken) {
      break;
    }
    good = (*batch)->end();
    log_.end_offset_ = (*batch)->header.next_offset();
  }
  log_.appended_bytes_ += good - from;
  if (good == size) {
    co_return true;
  }
  observe::Logger("storage")
      .warn("log_cut_in_recovery")
      .with("partition", log_.partition_)
      .with("segment", segment->base())
      .with("end_offset", log_.end_offset_)
      .with("bytes_cut", size - good);
  CO_TRY(co_await segment->cut_file(good));
  CO_TRY(co_await segment->sync_records());  // likewise
  co_return false;
}

runtime::Async<> LogLoader::take_in(LogScanner& scanner, ScannedBatch batch, Segment& segment) {
  const record::BatchHeader& header = batch.header;
  CO_TRY(const ByteView bytes, co_await scanner.bytes());
  CO_TRY(record::check_batch(bytes));
  const bool is_in_order = header.base_offset >= log_.end_offset_ && header.last_offset >= header.base_offset;
  if (!is_in_order || !segment.can_hold(header.last_offset)) {
    co_return fail(Errc::CorruptMessage, "batch whose offsets do not fit its place");
  }
  CO_TRY(const ProducerEffect effect, producer_effect(header, bytes));
  segment.note(header, batch.position, log_.options_.index_interval_bytes);
  if (header.magic >= 2) {
    log_.epochs_.assign(header.leader_epoch, header.base_offset);
  }
  const auto completed = apply(effect, header.base_offset, log_.producers_);
  if (completed && completed->aborted) {
    CO_TRY(co_await segment.aborted().append({.producer = completed->id,
                                              .first = completed->first,
                                              .last = completed->marker,
                                              .last_stable = log_.producers_.stable_after(*completed)}));
  }
  co_return {};
}

}  // namespace odradek::storage
