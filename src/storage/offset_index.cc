#include "storage/offset_index.h"

#include <limits>

namespace odradek::storage {

runtime::Async<OffsetIndex::Found> OffsetIndex::floor(Offset target) {
  const int64_t delta = target - base_;
  const auto at_or_below = [delta](const Entry& entry) { return int64_t{entry.offset_delta} <= delta; };
  CO_TRY(const auto entry, co_await entries_.floor(at_or_below));
  co_return found(entry);
}

runtime::Async<OffsetIndex::Found> OffsetIndex::last() {
  CO_TRY(const auto entry, co_await entries_.last());
  co_return found(entry);
}

void OffsetIndex::append(Offset last_offset, uint64_t position) {
  const int64_t delta = last_offset - base_;
  ensure(delta >= 0 && delta <= std::numeric_limits<int32_t>::max() && position > 0 &&
             position <= std::numeric_limits<int32_t>::max(),
         "an index entry fits its segment");
  const Entry entry{static_cast<uint32_t>(delta), static_cast<uint32_t>(position)};
  ensure(entries_.count() == 0 || Entry::precedes(entries_.entries().back(), entry), "index entries rise");
  entries_.append(entry);
}

void OffsetIndex::truncate_to(Offset end) {
  const int64_t delta = end - base_;
  entries_.drop_back_while([delta](const Entry& entry) { return int64_t{entry.offset_delta} >= delta; });
}

}  // namespace odradek::storage
