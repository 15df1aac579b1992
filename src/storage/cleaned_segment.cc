#include "storage/cleaned_segment.h"

#include <limits>
#include <string>
#include <utility>

#include "runtime/shard.h"
#include "storage/log_files.h"

namespace odradek::storage {

CleanedSegment::CleanedSegment(runtime::Directory directory, Offset base, int64_t created_ms, size_t buffer_bytes,
                               uint64_t index_interval)
    : directory_(std::move(directory)),
      segment_(std::make_shared<Segment>(directory_, base, SegmentFiles{}, created_ms, cleaned_suffix)),
      buffer_bytes_(buffer_bytes),
      index_interval_(index_interval),
      next_(base) {}

runtime::Async<> CleanedSegment::create() {
  for (const std::string_view suffix : {log_suffix, index_suffix, time_index_suffix, aborted_index_suffix}) {
    const std::string name = file_name(segment_->base(), suffix) + std::string(cleaned_suffix);
    const Result<> removed = co_await runtime::Shard::current().files().remove(join_path(directory_->text(), name));
    if (!removed && removed.error().code != Errc::NotFound) {
      co_return removed;
    }
  }
  co_return co_await segment_->create();
}

runtime::Async<> CleanedSegment::append(ByteView batch, const record::BatchHeader& header) {
  const bool follows = header.base_offset >= next_ && header.last_offset >= header.base_offset;
  if (!follows || !segment_->can_hold(header.last_offset)) {
    co_return fail(Errc::CorruptMessage, "batch whose offsets do not fit its place");
  }
  // Delete horizons make records longer.
  if (segment_->size() + buffer_.size() + batch.size() > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
    co_return fail(Errc::CorruptMessage, "a segment that grows beyond 2 GiB as it is compacted");
  }
  if (buffer_.size() + batch.size() > buffer_bytes_) {
    CO_TRY(co_await write_out());
  }
  segment_->note(header, segment_->size() + buffer_.size(), index_interval_);
  next_ = header.next_offset();
  if (batch.size() < buffer_bytes_) {
    buffer_.insert(buffer_.end(), batch.begin(), batch.end());
    co_return {};
  }
  std::vector<ByteView> pieces(1, batch);
  co_return co_await segment_->write(std::move(pieces), batch.size());
}

runtime::Async<> CleanedSegment::append(AbortedTransaction transaction) {
  co_return co_await segment_->aborted().append(transaction);
}

runtime::Async<> CleanedSegment::write_out() {
  if (!buffer_.empty()) {
    std::vector<ByteView> pieces(1, ByteView(buffer_));
    CO_TRY(co_await segment_->write(std::move(pieces), buffer_.size()));
    buffer_.clear();
  }
  co_return {};
}

runtime::Async<> CleanedSegment::finish() {
  CO_TRY(co_await write_out());
  CO_TRY(co_await segment_->store_indexes(false));
  // Where nothing stayed there are no entries, and Kafka complains of a log without index files.
  CO_TRY([[maybe_unused]] runtime::File* const index, co_await segment_->offsets().table().file().make());
  CO_TRY([[maybe_unused]] runtime::File* const times, co_await segment_->times().table().file().make());
  co_return co_await segment_->sync();
}

runtime::Async<> CleanedSegment::discard() { co_return co_await segment_->remove(); }

}  // namespace odradek::storage
