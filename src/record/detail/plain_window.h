// The plain bytes of one section, in hand at once or decompressed as they are needed.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "record/compression.h"

namespace odradek::record::detail {

inline constexpr size_t window_size = size_t{64} << 10;  // bytes decompressed at a time

class PlainWindow {
 public:
  // All of it in hand; `plain` must outlive the window.
  explicit PlainWindow(ByteView plain) : unread_(plain) {}

  explicit PlainWindow(std::unique_ptr<Decompressor> decompressor) : decompressor_(std::move(decompressor)) {}

  // Bytes in hand; they stay where they are until fill().
  [[nodiscard]] ByteView unread() const { return unread_; }

  void consume(size_t size) { unread_ = unread_.subspan(size); }

  // Adds up to window_size bytes to those in hand, keeping what is unread; false when there are no more. The caller
  // consumes, or bounds what it leaves unread.
  [[nodiscard]] Result<bool> fill();

 private:
  std::unique_ptr<Decompressor> decompressor_;  // none: all in hand
  Bytes buffer_;                                // unread_ lies in it, if there is a decompressor
  ByteView unread_;
};

}  // namespace odradek::record::detail
