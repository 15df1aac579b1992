// Maps record offsets to byte positions in one segment's log file.
//
// Sparse: at most one entry per `index.interval.bytes` of log, so floor() answers "start scanning here". On disk
// (`.index`): 8-byte entries, int32 last offset of a batch less the base, int32 position of that batch.
#pragma once

#include "base/big_endian.h"
#include "model/ids.h"
#include "storage/sparse_index.h"

namespace odradek::storage {

class OffsetIndex {
 public:
  struct Entry {
    static constexpr size_t size = 8;
    uint32_t offset_delta;
    uint32_t position;

    static Entry decode(const uint8_t* from) {
      return {load_big_endian<uint32_t>(from), load_big_endian<uint32_t>(from + 4)};
    }
    void encode(uint8_t* to) const {
      store_big_endian(to, offset_delta);
      store_big_endian(to + 4, position);
    }
    // Position 0 never has an entry, so zeros are none.
    [[nodiscard]] bool is_blank() const { return position == 0; }
    static bool precedes(const Entry& a, const Entry& b) {
      return a.offset_delta < b.offset_delta && a.position < b.position;
    }
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  // A batch known to the index.
  struct Found {
    Offset offset;  // its last offset; the base when no entry is at or below the target
    uint64_t position = 0;
    friend bool operator==(const Found&, const Found&) = default;
  };

  OffsetIndex(Offset base, LazyFile file, uint64_t size_bytes) : base_(base), entries_(std::move(file), size_bytes) {}

  // The last entry at or below `target`; base and 0 when there is none.
  [[nodiscard]] runtime::Async<Found> floor(Offset target);
  // The last entry; base and 0 when there is none.
  [[nodiscard]] runtime::Async<Found> last();

  // Both arguments must exceed those of every earlier call; less is a bug, not an error. Only while loaded.
  void append(Offset last_offset, uint64_t position);
  // Forgets batches whose last offset is at or above `end`. Only while loaded.
  void truncate_to(Offset end);

  [[nodiscard]] SparseIndex<Entry>& table() { return entries_; }
  [[nodiscard]] const SparseIndex<Entry>& table() const { return entries_; }

 private:
  [[nodiscard]] Found found(const std::optional<Entry>& entry) const {
    return entry ? Found{base_ + entry->offset_delta, entry->position} : Found{base_, 0};
  }

  Offset base_;
  SparseIndex<Entry> entries_;
};

}  // namespace odradek::storage
