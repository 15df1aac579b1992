#include "storage/log_scanner.h"

#include <algorithm>

namespace odradek::storage {

runtime::Async<ByteView> LogScanner::want(uint64_t position, size_t size) {
  if (position < chunk_position_ || position + size > chunk_position_ + chunk_filled_) {
    // Never beyond the end, so damaged lengths cannot make us allocate more than the file holds.
    const uint64_t rest = end_ > position ? end_ - position : 0;
    chunk_.resize(std::min<uint64_t>(std::max(size, chunk_size_), rest));
    chunk_position_ = position;
    chunk_filled_ = 0;
    CO_TRY(chunk_filled_, co_await file_.read(position, MutableByteView(chunk_)));
  }
  const size_t skip = position - chunk_position_;
  co_return ByteView(chunk_).subspan(skip, std::min(size, chunk_filled_ - skip));
}

runtime::Async<std::optional<ScannedBatch>> LogScanner::next() {
  if (next_ + record::magic_end > end_) {
    co_return std::nullopt;
  }
  const size_t front_size = std::min<uint64_t>(record::batch_header_size, end_ - next_);
  CO_TRY(const ByteView front, co_await want(next_, front_size));
  if (front.size() < record::magic_end) {
    co_return std::nullopt;
  }
  CO_TRY(const uint32_t size, record::parse_entry_size(front));
  if (next_ + size > end_) {
    co_return std::nullopt;
  }
  CO_TRY(current_.header, record::parse_batch_header(front));
  current_.position = next_;
  next_ += size;
  co_return current_;
}

runtime::Async<ByteView> LogScanner::bytes() {
  CO_TRY(const ByteView whole, co_await want(current_.position, current_.header.size));
  if (whole.size() < current_.header.size) {
    co_return fail(Errc::CorruptMessage, "log file that ends inside a batch");
  }
  co_return whole;
}

}  // namespace odradek::storage
