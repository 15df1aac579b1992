// The last offset of each key in a stretch of log: what compaction keeps.
//
// Bounded: 16 bytes a key whatever its length, for a key is known by 96 bits of a hash under a secret seed. (Among a
// million keys, two that are taken for one: a chance of one in 10^17.) Open addressing, never grows. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "model/ids.h"
#include "storage/detail/keyed_hash.h"

namespace odradek::storage {

class OffsetMap {
 public:
  // For up to `records_max` records, in at most `bytes_max` bytes of memory (but room for one key), of which the share
  // `load_factor` may be filled.
  OffsetMap(uint64_t records_max, size_t bytes_max, double load_factor, detail::HashKey seed);

  // Notes that `offset` holds `key`; offsets rise. False: there is no room for another key, or the offset lies 2^32 or
  // more above the first; nothing was noted. The first is always noted.
  [[nodiscard]] bool put(ByteView key, Offset offset);
  // The last offset put for the key.
  [[nodiscard]] std::optional<Offset> find(ByteView key) const;

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] size_t capacity() const { return size_max_; }
  [[nodiscard]] size_t memory_bytes() const { return slots_ * sizeof(Entry); }

 private:
  struct Entry {
    uint64_t hash = 0;
    uint32_t more_hash = 0;
    uint32_t place = 0;  // offset - base + 1; 0: the slot is free
  };
  struct Free {
    void operator()(Entry* entries) const { std::free(entries); }  // NOLINT(cppcoreguidelines-no-malloc)
  };

  // The slot that holds the key, or the free one where it would go.
  [[nodiscard]] size_t slot_of(const detail::Hash128& hash) const;

  Offset base_;  // the first offset put
  size_t slots_;
  size_t size_max_;
  size_t size_ = 0;
  detail::HashKey seed_;
  std::unique_ptr<Entry[], Free> entries_;  // zero pages of the system: memory is taken as keys come
};

}  // namespace odradek::storage
