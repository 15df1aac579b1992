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

runtime::Async<RequestBudget::Share> RequestBudget::take(uint64_t bytes, runtime::Deadline deadline) {
  if (queue_.is_taken() || !fits(bytes)) {
    const auto turn = co_await queue_.acquire();
    runtime::Waiter waiter;
    waiter.subscribe(released_);
    while (!fits(bytes)) {
      const bool woken = co_await waiter.wait(deadline);
      if (!woken) {
        co_return fail(Errc::RequestTimedOut, "the memory for requests in flight is spent");
      }
    }
    held_ += bytes;
    co_return Share(this, bytes);
  }
  held_ += bytes;
  co_return Share(this, bytes);
}

}  // namespace odradek::server
