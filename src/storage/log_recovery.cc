// LogLoader: how a log whose end nobody vouches for becomes trustworthy.
#include <iterator>

#include "observe/log.h"
#include "storage/log_loader.h"

namespace odradek::storage {

runtime::Async<> LogLoader::recover_from(Offset base) {
  recovered_ = true;
  log_.epochs_dirty_ = true;
  log_.epochs_.truncate_from_end(base);
  CO_TRY(co_await rebuild_producers(log_, base));
  log_.end_offset_ = base;
  for (auto at = log_.segments_.find(base); at != log_.segments_.end(); ++at) {
    log_.end_offset_ = std::max(log_.end_offset_, at->first);
    CO_TRY(const bool is_whole, co_await recover_segment(at->second));
    if (!is_whole) {
      while (std::next(at) != log_.segments_.end()) {
        CO_TRY(co_await log_.take_out(std::prev(log_.segments_.end())));
      }
    }
    if (std::next(at) != log_.segments_.end()) {
      CO_TRY(co_await at->second->store_indexes(false));
    }
  }
  co_return co_await log_.remove_snapshots(log_.end_offset_ + 1, Offset{INT64_MAX});
}

runtime::Async<bool> LogLoader::recover_segment(std::shared_ptr<Segment> segment) {
  CO_TRY(co_await segment->begin_rebuild());
  const uint64_t size = segment->size();
  CO_TRY(runtime::File* const file, co_await segment->file());
  LogScanner scanner(*file, 0, size, LogScanner::chunk_for_contents);
  uint64_t good = 0;
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
  co_return false;
}

runtime::Async<> LogLoader::take_in(LogScanner& scanner, ScannedBatch batch, Segment& segment) {
  const record::BatchHeader& header = batch.header;
  CO_TRY(const ByteView bytes, co_await scanner.bytes());
  CO_TRY(record::check_batch(bytes));
  const bool is_in_order = header.base_offset >= log_.end_offset_ && header.last_offset >= header.base_offset;
  if (!is_in_order || header.last_offset - segment.base() > INT32_MAX) {
    co_return fail(Errc::CorruptMessage, "batch whose offsets do not fit its place");
  }
  const Result<ProducerEffect> effect = producer_effect(header, bytes);
  if (!effect) {
    co_return fail(Errc::CorruptMessage, effect.error().message);
  }
  segment.note(header, batch.position, log_.options_.index_interval_bytes);
  if (header.magic >= 2) {
    log_.epochs_.assign(header.leader_epoch, header.base_offset);
  }
  const auto completed = apply(*effect, header.base_offset, log_.producers_);
  if (completed && completed->aborted) {
    CO_TRY(co_await segment.aborted().append({.producer = completed->id,
                                              .first = completed->first,
                                              .last = completed->marker,
                                              .last_stable = log_.producers_.stable_after(*completed)}));
  }
  co_return {};
}

}  // namespace odradek::storage
