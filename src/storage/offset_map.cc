#include "storage/offset_map.h"

#include <algorithm>
#include <limits>

#include "base/ensure.h"

namespace odradek::storage {

namespace {

constexpr uint64_t place_max = std::numeric_limits<uint32_t>::max();

// Keys that may come from so many records, and room to find them quickly.
size_t slots_for(uint64_t records_max, size_t slots_max, double load_factor) {
  const double wanted = static_cast<double>(records_max) / load_factor + 2;
  return wanted >= static_cast<double>(slots_max) ? slots_max : static_cast<size_t>(wanted);
}

}  // namespace

OffsetMap::OffsetMap(uint64_t records_max, size_t bytes_max, double load_factor, detail::HashKey seed) : seed_(seed) {
  const double load = std::clamp(load_factor, 0.1, 0.95);
  slots_ = slots_for(records_max, std::max<size_t>(bytes_max / sizeof(Entry), 2), load);
  // One slot stays free, so that a search for what is not there ends.
  size_max_ = std::clamp<size_t>(static_cast<size_t>(static_cast<double>(slots_) * load), 1, slots_ - 1);
  entries_.reset(static_cast<Entry*>(std::calloc(slots_, sizeof(Entry))));  // NOLINT(cppcoreguidelines-no-malloc)
  ensure(entries_ != nullptr, "memory for the keys of a compaction");
}

size_t OffsetMap::slot_of(const detail::Hash128& hash) const {
  const auto more = static_cast<uint32_t>(hash[1]);
  auto slot = static_cast<size_t>((static_cast<unsigned __int128>(hash[0]) * slots_) >> 64U);
  while (entries_[slot].place != 0 && (entries_[slot].hash != hash[0] || entries_[slot].more_hash != more)) {
    slot = slot + 1 == slots_ ? 0 : slot + 1;
  }
  return slot;
}

bool OffsetMap::put(ByteView key, Offset offset) {
  if (size_ == 0) {
    base_ = offset;
  }
  const auto place = static_cast<uint64_t>(offset - base_) + 1;
  if (place > place_max) {
    return false;
  }
  const detail::Hash128 hash = detail::keyed_hash(seed_, key);
  Entry& entry = entries_[slot_of(hash)];
  if (entry.place == 0) {
    if (size_ == size_max_) {
      return false;
    }
    ++size_;
    entry.hash = hash[0];
    entry.more_hash = static_cast<uint32_t>(hash[1]);
  }
  entry.place = static_cast<uint32_t>(place);
  return true;
}

std::optional<Offset> OffsetMap::find(ByteView key) const {
  const Entry& entry = entries_[slot_of(detail::keyed_hash(seed_, key))];
  return entry.place == 0 ? std::nullopt : std::optional(base_ + (int64_t{entry.place} - 1));
}

}  // namespace odradek::storage
