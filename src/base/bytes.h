// Bytes: views of them, owned ones, shared slices, and chains of slices and file ranges on their way out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ensure.h"

namespace odradek {

using ByteView = std::span<const uint8_t>;
using MutableByteView = std::span<uint8_t>;

// Owned bytes, filled once (a frame that was read, a header that was encoded).
using Bytes = std::vector<uint8_t>;

[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline bool equal(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// A file whose bytes may be sent without passing through us. runtime::File implements it; base knows no more
// of it than that it can be held.
class FileSource {
 public:
  virtual ~FileSource() = default;
};

// Bytes in hand, or a promise of them: a stretch of memory, or a range of a file.
//
// In hand they are a view; with an owner the Blob keeps that memory alive, without one the view must outlive it
// (a decoded request's records are such a view of its frame). A file range keeps the file open, so deleting or
// replacing the file never waits for a slow reader. Cheap to copy and move between shards.
class Blob {
 public:
  Blob() = default;

  // A view of memory that somebody else keeps alive.
  explicit Blob(ByteView view) : data_(view.data()), size_(view.size()) {}

  // `view` lies in memory that `owner` keeps alive.
  Blob(std::shared_ptr<const void> owner, ByteView view)
      : owner_(std::move(owner)), data_(view.data()), size_(view.size()) {}

  // Takes the bytes over.
  explicit Blob(Bytes bytes) {
    auto owned = std::make_shared<const Bytes>(std::move(bytes));
    data_ = owned->data();
    size_ = owned->size();
    owner_ = std::move(owned);
  }

  // The `size` bytes of `file` from `position` on; they must exist when the Blob is sent.
  Blob(std::shared_ptr<const FileSource> file, uint64_t position, uint64_t size)
      : file_(std::move(file)), position_(position), size_(size) {}

  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] bool in_memory() const { return file_ == nullptr; }

  // Only for a Blob in memory.
  [[nodiscard]] ByteView view() const {
    ensure(in_memory(), "the bytes of a file range are not in memory");
    return {data_, static_cast<size_t>(size_)};
  }
  [[nodiscard]] const std::shared_ptr<const void>& owner() const { return owner_; }

  // Only for a file range.
  [[nodiscard]] const std::shared_ptr<const FileSource>& file() const { return file_; }
  [[nodiscard]] uint64_t position() const { return position_; }

  // The part from `offset` on, at most `size` bytes, sharing what this one shares.
  [[nodiscard]] Blob slice(uint64_t offset, uint64_t size) const;

 private:
  std::shared_ptr<const void> owner_;       // of the memory, when in memory and owned
  std::shared_ptr<const FileSource> file_;  // set: a file range
  const uint8_t* data_ = nullptr;
  uint64_t position_ = 0;
  uint64_t size_ = 0;
};

// What a connection sends: pieces in order.
class ByteChain {
 public:
  void append(Blob blob) {
    if (!blob.empty()) {
      size_ += blob.size();
      blobs_.push_back(std::move(blob));
    }
  }
  void append(ByteChain other) {
    for (Blob& blob : other.blobs_) {
      append(std::move(blob));
    }
  }

  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const std::vector<Blob>& blobs() const { return blobs_; }
  [[nodiscard]] std::vector<Blob>& blobs() { return blobs_; }

  // All of it copied into one piece; only for chains without file ranges.
  [[nodiscard]] Bytes flatten() const;

 private:
  std::vector<Blob> blobs_;
  uint64_t size_ = 0;
};

}  // namespace odradek
