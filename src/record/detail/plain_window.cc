#include "record/detail/plain_window.h"

#include <algorithm>
#include <cstring>

namespace odradek::record::detail {

Result<bool> PlainWindow::fill() {
  if (decompressor_ == nullptr) {
    return false;
  }
  const size_t kept = unread_.size();
  if (kept > 0 && unread_.data() != buffer_.data()) {
    std::memmove(buffer_.data(), unread_.data(), kept);
  }
  // Doubling, so that a large record is not moved once per window.
  if (buffer_.size() < kept + window_size) {
    buffer_.resize(std::max(window_size, 2 * kept) + (kept > 0 ? window_size : 0));
  }
  unread_ = ByteView(buffer_).first(kept);
  TRY(const size_t added, decompressor_->read(MutableByteView(buffer_).subspan(kept, window_size)));
  unread_ = ByteView(buffer_).first(kept + added);
  return added > 0;
}

}  // namespace odradek::record::detail
