// PartitionLog: how batches and offsets are found.
#include <algorithm>

#include <fmt/format.h>

#include "storage/partition_log.h"
#include "storage/segment.h"

namespace odradek::storage {

PartitionLog::Segments::iterator PartitionLog::segment_holding(Offset offset) {
  const auto above = segments_.upper_bound(offset);
  return above == segments_.begin() ? above : std::prev(above);
}

// What has taken the place of `segment`, perhaps with those after it, is looked at again.
PartitionLog::Segments::iterator PartitionLog::next_after(const std::shared_ptr<Segment>& segment) {
  const auto at = segment_holding(segment->base());
  return at != segments_.end() && at->second == segment ? std::next(at) : at;
}

runtime::Async<std::optional<PartitionLog::Located>> PartitionLog::locate(Offset target) {
  if (const auto recent = recent_.find(target)) {
    const auto segment = segments_.find(recent->segment);
    if (segment != segments_.end()) {
      co_return Located{segment->second, recent->position, recent->size, recent->base};
    }
  }
  auto at = segment_holding(target);
  while (at != segments_.end()) {
    const std::shared_ptr<Segment> segment = at->second;
    CO_TRY(const auto batch, co_await segment->find(target));
    if (batch) {
      co_return Located{segment, batch->position, batch->header.size, batch->header.base_offset};
    }
    // Compaction may have left no batch at or above the target here; the log may have changed meanwhile.
    at = segments_.upper_bound(segment->base());
  }
  co_return std::nullopt;
}

runtime::Async<uint64_t> PartitionLog::limit_in(std::shared_ptr<Segment> segment, Offset upper) {
  if (upper < end_offset_) {
    const auto recent = recent_.find(upper);
    if (recent && recent->segment == segment->base()) {
      co_return recent->position;
    }
    const auto next = segments_.upper_bound(segment->base());
    if (next != segments_.end() && next->first <= upper) {
      co_return segment->size();
    }
    CO_TRY(const auto above, co_await segment->find(upper));
    if (above) {
      co_return above->position;
    }
  }
  const bool is_active = segment->base() == segments_.rbegin()->first;
  co_return is_active ? end_position_ : segment->size();
}

runtime::Async<ReadResult> PartitionLog::read(Offset from, uint64_t max_bytes, Offset upper_bound, bool at_least_one) {
  for (;;) {
    CO_TRY(check_in_range(from));
    const uint64_t swaps_before = swaps_;
    Result<ReadResult> result = co_await read_in_range(from, max_bytes, upper_bound, at_least_one);
    if (swaps_ != swaps_before) {
      continue;  // its segment may have been replaced, and its file's name be another's
    }
    if (!result) {
      CO_TRY(check_in_range(from));  // its segment may have gone meanwhile, files and all
    }
    co_return result;
  }
}

Result<> PartitionLog::check_in_range(Offset from) const {
  if (from < start_offset_ || from > end_offset_) {
    return fail(Errc::OffsetOutOfRange,
                fmt::format("offset {} of {} is not within {} to {}", from, partition_, start_offset_, end_offset_));
  }
  return {};
}

runtime::Async<ReadResult> PartitionLog::read_in_range(Offset from, uint64_t max_bytes, Offset upper_bound,
                                                       bool at_least_one) {
  const Offset upper = std::min(upper_bound, end_offset_);
  if (from >= upper) {
    co_return ReadResult{};
  }
  const uint64_t cuts_before = cuts_;
  CO_TRY(const auto found, co_await locate(from));
  if (!found) {
    co_return ReadResult{};
  }
  CO_TRY(const uint64_t limit, co_await limit_in(found->segment, upper));
  if (cuts_ != cuts_before || limit < found->position + found->batch_size) {
    co_return ReadResult{};  // the batch reaches above the bound, or the log was cut while we looked: read again
  }
  uint64_t size = std::min(max_bytes, limit - found->position);
  const bool is_incomplete = size < found->batch_size;
  if (is_incomplete && at_least_one) {
    size = found->batch_size;
  }
  if (size == 0) {
    co_return ReadResult{.records = {}, .first = found->base, .first_batch_incomplete = true};
  }
  CO_TRY(Blob records, co_await found->segment->range(found->position, size));
  const auto next = segments_.upper_bound(found->segment->base());
  co_return ReadResult{.records = std::move(records),
                       .first = found->base,
                       .first_batch_incomplete = is_incomplete && !at_least_one,
                       .end = next == segments_.end() ? upper : std::min(upper, next->first)};
}

runtime::Async<std::vector<AbortedTransaction>> PartitionLog::aborted_transactions(Offset from, Offset upper) {
  std::vector<AbortedTransaction> found;
  auto at = segment_holding(from);
  while (at != segments_.end()) {
    const std::shared_ptr<Segment> segment = at->second;
    CO_TRY(const bool complete, co_await segment->aborted().collect(from, upper, found));
    if (complete) {
      break;
    }
    at = next_after(segment);
  }
  co_return found;
}

runtime::Async<std::optional<TimestampOffset>> PartitionLog::offset_for_timestamp(int64_t timestamp) {
  auto at = segment_holding(start_offset_);
  while (at != segments_.end()) {
    const std::shared_ptr<Segment> segment = at->second;
    CO_TRY(const int64_t largest, co_await segment->largest_timestamp());
    if (largest >= timestamp) {
      CO_TRY(const auto record, co_await segment->find_timestamp(timestamp, start_offset_));
      if (record && record->offset < end_offset_) {
        co_return TimestampOffset{record->timestamp, record->offset, record->epoch};
      }
    }
    at = next_after(segment);
  }
  co_return std::nullopt;
}

runtime::Async<std::optional<TimestampOffset>> PartitionLog::offset_of_max_timestamp() {
  int64_t largest = no_timestamp;
  std::shared_ptr<Segment> holder;
  auto at = segment_holding(start_offset_);
  while (at != segments_.end()) {
    const std::shared_ptr<Segment> segment = at->second;
    CO_TRY(int64_t timestamp, co_await segment->largest_timestamp());
    if (timestamp > largest && segment->base() < start_offset_) {
      CO_TRY(const auto record, co_await segment->find_timestamp(timestamp, start_offset_));
      if (!record) {  // it is of one below the start
        CO_TRY(timestamp, co_await segment->largest_timestamp_from(start_offset_));
      }
    }
    if (timestamp > largest) {
      largest = timestamp;
      holder = segment;
    }
    at = next_after(segment);
  }
  if (holder == nullptr) {
    co_return std::nullopt;
  }
  CO_TRY(const auto record, co_await holder->find_timestamp(largest, start_offset_));
  if (!record) {
    co_return std::nullopt;  // the start has moved past it meanwhile
  }
  co_return TimestampOffset{record->timestamp, record->offset, record->epoch};
}

std::vector<Offset> PartitionLog::segment_starts() const {
  std::vector<Offset> starts{start_offset_};
  for (const auto& [base, segment] : segments_) {
    if (base > start_offset_) {
      starts.push_back(base);
    }
  }
  return starts;
}

}  // namespace odradek::storage
