#include "base/bytes.h"

#include <algorithm>

namespace odradek {

Blob Blob::slice(uint64_t offset, uint64_t size) const {
  ensure(offset <= size_, "a slice must begin inside its blob");
  Blob part = *this;
  part.size_ = std::min(size, size_ - offset);
  if (in_memory()) {
    part.data_ = data_ + offset;
  } else {
    part.position_ = position_ + offset;
  }
  return part;
}

Bytes ByteChain::flatten() const {
  Bytes out;
  out.reserve(size_);
  for (const Blob& blob : blobs_) {
    const ByteView view = blob.view();
    out.insert(out.end(), view.begin(), view.end());
  }
  return out;
}

}  // namespace odradek
