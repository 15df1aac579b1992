// PartitionLog: how batches get in.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/big_endian.h"
#include "record/batch_reader.h"
#include "runtime/shard.h"
#include "storage/partition_log.h"
#include "storage/segment.h"

namespace odradek::storage {

namespace {

int64_t wall_now() { return runtime::Shard::current().wall_now(); }

// Of a coordinator's decision with one record.
constexpr size_t small_batch_size = 128;

// The first bytes of a batch with its offset and leader epoch; what follows keeps the bytes it came with.
using Front = std::array<uint8_t, record::magic_at>;

Front placed_front(const record::BatchEntry& entry, Offset base, LeaderEpoch epoch) {
  Front front;
  std::copy_n(entry.bytes.begin(), front.size(), front.begin());
  store_big_endian<int64_t>(front.data() + record::base_offset_at, base.raw());
  store_big_endian<int32_t>(front.data() + record::leader_epoch_at, epoch.raw());
  return front;
}

void place(record::BatchHeader& header, Offset base, LeaderEpoch epoch) {
  header.base_offset = base;
  header.last_offset = base + header.last_offset_delta;
  header.leader_epoch = epoch;
}

}  // namespace

Result<> PartitionLog::check_usable() const {
  if (failed_) {
    return fail(Errc::Io, fmt::format("the log of {} failed before", partition_));
  }
  return {};
}

Error PartitionLog::noted(Error error) {
  failed_ = failed_ || error.code == Errc::Io;
  return error;
}

runtime::Task<AppendResult> PartitionLog::append(Blob records, AppendOptions options) {
  return options.origin == AppendOrigin::Client ? append_validated(std::move(records), options)
                                                : append_trusted(std::move(records), options);
}

runtime::Task<AppendResult> PartitionLog::append_trusted(Blob records, AppendOptions options) {
  const auto turn = co_await change_turn_.acquire();
  CO_TRY(check_usable());
  const LeaderEpoch leader_epoch = std::max(options.leader_epoch, latest_epoch());  // one may have begun since the call
  std::vector<Front> fronts;
  std::vector<record::BatchEntry> entries;
  std::vector<NewBatch> batches;
  const size_t likely_count = std::min<size_t>(records.size() / small_batch_size + 1, 16);
  fronts.reserve(likely_count);
  entries.reserve(likely_count);
  batches.reserve(likely_count);
  record::BatchScanner scanner(records.view());
  Offset next = end_offset_;
  for (;;) {
    CO_TRY(const auto entry, scanner.next());
    if (!entry) {
      break;
    }
    if (entry->header.magic != 2) {
      co_return fail(Errc::UnsupportedForMessageFormat, "our own batches are of format v2");
    }
    CO_TRY(const ProducerEffect effect, producer_effect(entry->header, entry->bytes));
    if (const auto* write_of = std::get_if<ProducerWrite>(&effect)) {
      CO_TRY(producers_.check(*write_of));
    } else if (const auto* marker = std::get_if<TransactionMarker>(&effect)) {
      CO_TRY(producers_.check(*marker));
    }
    fronts.push_back(placed_front(*entry, next, leader_epoch));
    entries.push_back(*entry);
    batches.push_back({entry->header, effect});
    place(batches.back().header, next, leader_epoch);
    next = batches.back().header.next_offset();
  }
  if (batches.empty()) {
    co_return fail(Errc::InvalidRecord, "an append without a batch");
  }
  std::vector<ByteView> pieces;
  pieces.reserve(entries.size() * 2);
  for (size_t i = 0; i < entries.size(); ++i) {
    pieces.emplace_back(fronts[i]);
    pieces.push_back(entries[i].bytes.subspan(Front{}.size()));
  }
  const Offset first = end_offset_;
  CO_TRY(co_await write(std::move(pieces), std::move(batches)));
  co_return AppendInfo{.first = first, .last = next + -1, .log_start = start_offset_};
}

runtime::Async<AppendInfo> PartitionLog::append_as_follower(Blob records) {
  const auto turn = co_await change_turn_.acquire();
  CO_TRY(check_usable());
  std::vector<NewBatch> batches;
  record::BatchScanner scanner(records.view());
  Offset next = end_offset_;
  for (;;) {
    CO_TRY(const auto entry, scanner.next());
    if (!entry) {
      break;
    }
    CO_TRY(record::check_batch(entry->bytes));
    if (entry->header.base_offset < next || entry->header.last_offset < entry->header.base_offset) {
      co_return fail(Errc::OffsetOutOfRange, fmt::format("the leader of {} sent offset {} where {} is next", partition_,
                                                         entry->header.base_offset, next));
    }
    CO_TRY(const ProducerEffect effect, producer_effect(entry->header, entry->bytes));
    batches.push_back({entry->header, effect});
    next = entry->header.next_offset();
  }
  if (batches.empty()) {
    co_return AppendInfo{.first = end_offset_, .last = end_offset_ + -1, .log_start = start_offset_};
  }
  const Offset first = batches.front().header.base_offset;
  std::vector<ByteView> pieces(1, records.view().first(scanner.position()));
  CO_TRY(co_await write(std::move(pieces), std::move(batches)));
  co_return AppendInfo{.first = first, .last = next + -1, .log_start = start_offset_};
}

runtime::Async<> PartitionLog::write(std::vector<ByteView> pieces, std::vector<NewBatch> batches) {
  const WriteUnderWay under_way(*this);
  uint64_t size = 0;
  int64_t max_timestamp = no_timestamp;
  for (const NewBatch& batch : batches) {
    size += batch.header.size;
    max_timestamp = std::max(max_timestamp, batch.header.max_timestamp);
  }
  if (size > options_.segment_bytes_max) {
    co_return fail(Errc::RecordListTooLarge,
                   fmt::format("{} bytes of batches exceed a segment's {} bytes", size, options_.segment_bytes_max));
  }
  const Offset first = batches.front().header.base_offset;
  const Offset last = batches.back().header.last_offset;
  const Result<bool> is_full = co_await active().is_full_for(&options_, size, max_timestamp, last, wall_now());
  if (!is_full) {
    co_return std::unexpected(noted(is_full.error()));
  }
  if (*is_full) {
    CO_TRY(co_await roll_at(last - end_offset_ > INT32_MAX ? first : end_offset_));
  }
  uint64_t position = active().size();
  const Result<> written = co_await active().write(std::move(pieces), size);
  if (!written) {
    co_return std::unexpected(noted(written.error()));
  }
  if (position == 0) {
    names_changed();  // it made the file
  }
  for (const NewBatch& batch : batches) {
    const Result<> taken = co_await take_in(&batch, position);
    if (!taken) {
      failed_ = true;  // the batch is in the file, but what follows from it is not
      co_return taken;
    }
    position += batch.header.size;
  }
  end_offset_ = last + 1;
  end_position_ = position;
  appended_bytes_ += size;
  if (producers_.size() > options_.producers_max) {
    // More than the surplus at once, for it takes a walk through all of them.
    producers_.limit(options_.producers_max - options_.producers_max / 10);
  }
  moved();
  co_return {};
}

runtime::Async<> PartitionLog::take_in(const NewBatch* batch, uint64_t position) {
  const record::BatchHeader& header = batch->header;
  active().note(header, position, options_.index_interval_bytes);
  recent_.remember({.base = header.base_offset,
                    .last = header.last_offset,
                    .segment = active().base(),
                    .position = position,
                    .size = header.size});
  if (header.magic >= 2) {
    epochs_.assign(header.leader_epoch, header.base_offset);
    // The first batch of its epoch, whether the epoch was known before or not.
    epochs_dirty_ = epochs_dirty_ || epochs_.begins_at(header.base_offset);
  }
  const auto completed = apply(batch->effect, header.base_offset, producers_);
  if (completed && completed->aborted) {
    CO_TRY(co_await active().aborted().append({.producer = completed->id,
                                               .first = completed->first,
                                               .last = completed->marker,
                                               .last_stable = producers_.stable_after(*completed)}));
    names_changed();
  }
  co_return {};
}

runtime::Async<> PartitionLog::roll() {
  const auto turn = co_await change_turn_.acquire();
  CO_TRY(check_usable());
  co_return co_await roll_at(end_offset_);
}

runtime::Async<> PartitionLog::roll_at(Offset base) {
  if (active().size() == 0 && active().base() == base) {
    co_return {};
  }
  auto next = std::make_shared<Segment>(directory_, base, SegmentFiles{}, wall_now());
  CO_TRY(co_await next->create());
  names_changed();
  const Result<> sealed = co_await seal_active(base);
  if (!sealed) {
    const Result<> removed = co_await next->remove();
    // An empty segment left below the end would hide the records above its base at the next start.
    failed_ = failed_ || !removed;
    co_return std::unexpected(noted(sealed.error()));
  }
  segments_.emplace(base, std::move(next));
  end_position_ = 0;
  co_return {};
}

runtime::Async<> PartitionLog::seal_active(Offset next_base) {
  if (active().size() == 0) {
    // It covers offsets too far below; nothing was ever written to it.
    const auto empty = std::prev(segments_.end());
    CO_TRY(co_await empty->second->remove());
    segments_.erase(empty);
    co_return {};
  }
  CO_TRY(co_await take_snapshot(next_base));
  CO_TRY(co_await active().store_indexes(false));
  names_changed();
  sealed_unsynced_.insert(*segments_.rbegin());
  co_return {};
}

}  // namespace odradek::storage
