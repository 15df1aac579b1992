// Walks the batches of a log file from a position on, header by header or as a whole.
//
// Reads in chunks; where batches are larger than the chunk it reads only their headers, unless bytes() is asked for.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "record/batch_header.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace odradek::storage {

struct ScannedBatch {
  uint64_t position = 0;
  record::BatchHeader header;
  [[nodiscard]] uint64_t end() const { return position + header.size; }
};

class LogScanner {
 public:
  static constexpr size_t chunk_for_headers = 8 << 10;   // to find one batch
  static constexpr size_t chunk_for_contents = 1 << 20;  // to read all of them

  // Looks at [position, end) of `file`, which must outlive it.
  LogScanner(runtime::File& file, uint64_t position, uint64_t end, size_t chunk)
      : file_(file), next_(position), end_(end), chunk_size_(chunk) {}

  // The next batch that lies before the end as a whole; nothing where there is none (position() < end then: its
  // beginning is there). CorruptMessage: what is there is no batch.
  [[nodiscard]] runtime::Async<std::optional<ScannedBatch>> next();
  // All bytes of the batch that next() gave last; valid until the next call.
  [[nodiscard]] runtime::Async<ByteView> bytes();

  // Where the next batch begins.
  [[nodiscard]] uint64_t position() const { return next_; }

 private:
  // [position, position + size) in the chunk, read if need be; less only at the end of the file.
  [[nodiscard]] runtime::Async<ByteView> want(uint64_t position, size_t size);

  runtime::File& file_;
  uint64_t next_;
  uint64_t end_;
  size_t chunk_size_;
  Bytes chunk_;
  uint64_t chunk_position_ = 0;
  size_t chunk_filled_ = 0;
  ScannedBatch current_;
};

}  // namespace odradek::storage
