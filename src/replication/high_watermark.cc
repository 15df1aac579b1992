#include "replication/high_watermark.h"

#include <utility>

namespace odradek::replication {

bool HighWatermark::raise(Offset to) {
  if (to <= value_) {
    return false;
  }
  value_ = to;
  moved_.notify_all();
  return true;
}

void HighWatermark::fall_to(Offset to) {
  if (to < value_) {
    value_ = to;
    moved_.notify_all();
  }
}

void HighWatermark::break_off(Error why) {
  broken_ = std::move(why);
  moved_.notify_all();
}

runtime::Async<> HighWatermark::reached(Offset offset, runtime::Deadline deadline, runtime::Gate& partition) {
  if (value_ >= offset) {
    co_return Result<>{};
  }
  runtime::Waiter waiter;
  waiter.subscribe(moved_);
  waiter.subscribe(partition.closing());
  while (value_ < offset) {
    if (partition.is_closed()) {
      co_return fail(Errc::Cancelled);
    }
    if (broken_) {
      co_return std::unexpected(*broken_);
    }
    const bool woken = co_await waiter.wait(deadline);
    if (!woken) {
      co_return fail(Errc::RequestTimedOut, "the records were appended, and not replicated in time");
    }
  }
  co_return Result<>{};
}

}  // namespace odradek::replication
