#include "server/request_budget.h"

#include "base/ensure.h"

namespace odradek::server {

void RequestBudget::Share::release() {
  if (of_ != nullptr) {
    of_->held_ -= std::exchange(bytes_, 0);
    std::exchange(of_, nullptr)->released_.notify_all();
  }
}

void RequestBudget::Share::join(Share other) {
  ensure(of_ == nullptr || other.of_ == nullptr || of_ == other.of_, "shares of two budgets do not mix");
  if (of_ == nullptr) {
    of_ = other.of_;
  }
  bytes_ += std::exchange(other.bytes_, 0);
  other.of_ = nullptr;
}

runtime::Task<RequestBudget::Share> RequestBudget::take(uint64_t bytes) {
  if (queue_.is_taken() || !fits(bytes, 0)) {
    const auto turn = co_await queue_.acquire();
    runtime::Waiter waiter;
    waiter.subscribe(released_);
    while (!fits(bytes, 0)) {
      co_await waiter.wait();
    }
  }
  held_ += bytes;
  co_return Share(this, bytes);
}

runtime::Async<> RequestBudget::grow(Share& share, uint64_t bytes, runtime::Deadline deadline) {
  ensure(share.of_ == this, "a share grows in its own budget");
  runtime::Waiter waiter;
  waiter.subscribe(released_);
  while (!fits(bytes, share.bytes_)) {
    const bool woken = co_await waiter.wait(deadline);
    if (!woken) {
      co_return fail(Errc::RequestTimedOut, "the memory for requests in flight is spent");
    }
  }
  held_ += bytes;
  share.bytes_ += bytes;
  co_return Result<>{};
}

}  // namespace odradek::server
