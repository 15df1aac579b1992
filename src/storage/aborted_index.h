// The aborted transactions that ended in one segment, for readers of committed records.
//
// On disk (`.txnindex`, created with the first entry): 34-byte entries, int16 version 0, int64 producer id, first
// offset, last offset (the marker's), last stable offset after it; ordered by last offset. Written when the marker is
// appended; few, so all are in memory once asked for.
#pragma once

#include <vector>

#include "model/ids.h"
#include "storage/lazy_file.h"

namespace odradek::storage {

struct AbortedTransaction {
  ProducerId producer;
  Offset first;
  Offset last;         // the marker
  Offset last_stable;  // the last stable offset when the marker had been written
  friend bool operator==(const AbortedTransaction&, const AbortedTransaction&) = default;
};

class AbortedIndex {
 public:
  explicit AbortedIndex(LazyFile file) : file_(std::move(file)) {}

  // CorruptMessage: the file holds something else.
  [[nodiscard]] runtime::Async<> append(AbortedTransaction transaction);
  // Adds to `found` what overlaps [from, upper). True when no later segment can hold more.
  [[nodiscard]] runtime::Async<bool> collect(Offset from, Offset upper, std::vector<AbortedTransaction>& found);
  // Forgets all, whatever the file holds.
  [[nodiscard]] runtime::Async<> clear();
  // Forgets transactions that ended at or above `end`, and whatever stands behind them: after a crash that may be what
  // was never written.
  [[nodiscard]] runtime::Async<> truncate_to(Offset end);

  [[nodiscard]] LazyFile& file() { return file_; }

 private:
  [[nodiscard]] runtime::Async<> load();

  LazyFile file_;
  bool loaded_ = false;
  std::vector<AbortedTransaction> entries_;
};

}  // namespace odradek::storage
