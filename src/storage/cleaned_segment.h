// A segment in the making: what compaction keeps of others, under names that end in `.cleaned`.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "record/batch_header.h"
#include "runtime/file.h"
#include "runtime/task.h"
#include "storage/segment.h"

namespace odradek::storage {

class CleanedSegment {
 public:
  // `buffer_bytes` of batches are written at once. `created_ms` as Segment's.
  CleanedSegment(runtime::Directory directory, Offset base, int64_t created_ms, size_t buffer_bytes,
                 uint64_t index_interval);

  // Makes the files; what an earlier attempt left of them goes.
  [[nodiscard]] runtime::Async<> create();
  // A whole batch. CorruptMessage where its offsets do not follow those before, or do not fit a segment of this base.
  [[nodiscard]] runtime::Async<> append(ByteView batch, const record::BatchHeader& header);
  [[nodiscard]] runtime::Async<> append(AbortedTransaction transaction);
  // Returns when all of it is on disk, indexes too.
  [[nodiscard]] runtime::Async<> finish();
  // Removes the files.
  [[nodiscard]] runtime::Async<> discard();

  [[nodiscard]] const std::shared_ptr<Segment>& segment() const { return segment_; }

 private:
  [[nodiscard]] runtime::Async<> write_out();

  runtime::Directory directory_;
  std::shared_ptr<Segment> segment_;
  size_t buffer_bytes_;
  uint64_t index_interval_;
  Offset next_;
  Bytes buffer_;
};

}  // namespace odradek::storage
