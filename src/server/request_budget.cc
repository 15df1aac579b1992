#include "server/request_budget.h"

#include <algorithm>

#include "base/ensure.h"
#include "runtime/shard.h"

namespace odradek::server {
namespace {

// How often who waits for memory looks for peers that hold it too long.
constexpr runtime::Duration look_round = std::chrono::seconds(1);

}  // namespace

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

bool RequestBudget::fits(uint64_t bytes, uint64_t own) const {
  const uint64_t limit = own + bytes > small_bytes_max ? bytes_max_ - bytes_max_ / 4 : bytes_max_;
  return held_ == own || held_ + bytes <= limit;
}

runtime::Task<RequestBudget::Share> RequestBudget::take(uint64_t bytes) {
  runtime::Turnstile& queue = bytes > small_bytes_max ? large_queue_ : small_queue_;
  if (queue.is_taken() || !fits(bytes, 0)) {
    const auto turn = co_await queue.acquire();
    runtime::Waiter waiter;
    waiter.subscribe(released_);
    while (!fits(bytes, 0)) {
      co_await wait_for_room(bytes, waiter, runtime::never);
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
    const bool woken = co_await wait_for_room(bytes, waiter, deadline);
    if (!woken) {
      co_return fail(Errc::RequestTimedOut, "the memory for requests in flight is spent");
    }
  }
  add(share, bytes);
  co_return Result<>{};
}

void RequestBudget::add(Share& share, uint64_t bytes) {
  ensure(share.of_ == this, "a share grows in its own budget");
  held_ += bytes;
  share.bytes_ += bytes;
}

runtime::Task<bool> RequestBudget::wait_for_room(uint64_t bytes, runtime::Waiter& waiter, runtime::Deadline deadline) {
  runtime::Shard& shard = runtime::Shard::current();
  for (;;) {
    const bool woken = co_await waiter.wait(std::min(deadline, shard.in(look_round)));
    if (woken || shard.now() >= deadline) {
      co_return woken;
    }
    cut_off_slow_peers(bytes);
  }
}

// What they hold comes back when their connections have ended, a little later.
void RequestBudget::cut_off_slow_peers(uint64_t wanted) {
  const runtime::MonotonicTime now = runtime::Shard::current().now();
  uint64_t coming = 0;
  for (AwaitedPeer* peer : peers_) {
    if (coming >= wanted) {
      return;
    }
    if (peer->was_cut_off_ || peer->is_slow(now)) {
      coming += peer->share_.bytes();
      peer->was_cut_off_ = true;
      peer->socket_.close();
    }
  }
}

AwaitedPeer::AwaitedPeer(RequestBudget& budget, const RequestBudget::Share& share, runtime::Socket& socket)
    : budget_(budget),
      share_(share),
      socket_(socket),
      since_(runtime::Shard::current().now()),
      place_(budget.peers_.insert(budget.peers_.end(), this)) {}

AwaitedPeer::~AwaitedPeer() { budget_.peers_.erase(place_); }

bool AwaitedPeer::is_slow(runtime::MonotonicTime now) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::duration<double>>(now - since_).count();
  return now - since_ >= grace && static_cast<double>(moved_) < seconds * static_cast<double>(bytes_per_second_min);
}

}  // namespace odradek::server
