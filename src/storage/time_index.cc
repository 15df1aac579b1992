#include "storage/time_index.h"

namespace odradek::storage {

runtime::Async<TimeIndex::Found> TimeIndex::floor(int64_t timestamp) {
  const auto at_or_below = [timestamp](const Entry& entry) { return entry.timestamp <= timestamp; };
  CO_TRY(const auto entry, co_await entries_.floor(at_or_below));
  co_return found(entry);
}

runtime::Async<TimeIndex::Found> TimeIndex::last() {
  CO_TRY(const auto entry, co_await entries_.last());
  co_return found(entry);
}

void TimeIndex::append_if_larger(int64_t timestamp, Offset offset) {
  if (timestamp == no_timestamp || (entries_.count() > 0 && timestamp <= entries_.entries().back().timestamp)) {
    return;
  }
  const int64_t delta = offset - base_;
  ensure(delta >= 0 && delta <= INT32_MAX, "an index entry fits its segment");
  const Entry entry{timestamp, static_cast<uint32_t>(delta)};
  if (!entry.is_blank()) {  // it would read as room that was never used: a first record of 1970
    entries_.append(entry);
  }
}

void TimeIndex::truncate_to(Offset end) {
  const int64_t delta = end - base_;
  entries_.drop_back_while([delta](const Entry& entry) { return int64_t{entry.offset_delta} >= delta; });
}

}  // namespace odradek::storage
