// Maps timestamps to record offsets in one segment.
//
// An entry (t, o) says: among the records up to offset o, t is the largest timestamp. On disk (`.timeindex`): 12-byte
// entries, int64 timestamp, int32 offset less the base; both rise. Entries are added with those of the
// OffsetIndex, where the timestamp grew, and a last one when the segment is closed.
#pragma once

#include "base/big_endian.h"
#include "model/ids.h"
#include "storage/sparse_index.h"

namespace odradek::storage {

class TimeIndex {
 public:
  struct Entry {
    static constexpr size_t size = 12;
    int64_t timestamp;
    uint32_t offset_delta;

    static Entry decode(const uint8_t* from) {
      return {load_big_endian<int64_t>(from), load_big_endian<uint32_t>(from + 8)};
    }
    void encode(uint8_t* to) const {
      store_big_endian(to, timestamp);
      store_big_endian(to + 8, offset_delta);
    }
    [[nodiscard]] bool is_blank() const { return timestamp == 0 && offset_delta == 0; }
    static bool precedes(const Entry& a, const Entry& b) {
      return a.timestamp < b.timestamp && a.offset_delta <= b.offset_delta;
    }
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  struct Found {
    int64_t timestamp = no_timestamp;
    Offset offset;
    friend bool operator==(const Found&, const Found&) = default;
  };

  TimeIndex(Offset base, LazyFile file, uint64_t size_bytes) : base_(base), entries_(std::move(file), size_bytes) {}

  // The last entry at or below `timestamp`; (-1, base) when there is none: records at or above the timestamp begin
  // at its offset or later.
  [[nodiscard]] runtime::Async<Found> floor(int64_t timestamp);
  [[nodiscard]] runtime::Async<Found> last();

  // Adds an entry if the timestamp exceeds the last one. Only while loaded.
  void append_if_larger(int64_t timestamp, Offset offset);
  // Forgets entries with offsets at or above `end`. Only while loaded.
  void truncate_to(Offset end);

  [[nodiscard]] SparseIndex<Entry>& table() { return entries_; }
  [[nodiscard]] const SparseIndex<Entry>& table() const { return entries_; }

 private:
  [[nodiscard]] Found found(const std::optional<Entry>& entry) const {
    return entry ? Found{entry->timestamp, base_ + entry->offset_delta} : Found{no_timestamp, base_};
  }

  Offset base_;
  SparseIndex<Entry> entries_;
};

}  // namespace odradek::storage
