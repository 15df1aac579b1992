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
    of_->large_held_ -= std::exchange(large_, 0);
    std::exchange(of_, nullptr)->released_.notify_all();
  }
}

void RequestBudget::Share::join(Share other) {
  ensure(of_ == nullptr || other.of_ == nullptr || of_ == other.of_, "shares of two budgets do not mix");
  if (of_ == nullptr) {
    of_ = other.of_;
  }
  bytes_ += std::exchange(other.bytes_, 0);
  large_ += std::exchange(other.large_, 0);
  other.of_ = nullptr;
}

bool RequestBudget::fits(uint64_t bytes, Kind kind) const {
  return kind == Kind::Large ? fits_large(bytes, 0) : fits_small(bytes);
}

bool RequestBudget::fits_small(uint64_t bytes) const {
  const bool fits_its_quarter = held_ - large_held_ + bytes <= bytes_max_ / 4;
  return held_ == 0 || held_ + bytes <= bytes_max_ || fits_its_quarter;
}

bool RequestBudget::fits_large(uint64_t bytes, uint64_t own) const {
  return large_held_ == own || held_ + bytes <= bytes_max_ - bytes_max_ / 4;
}

runtime::Task<RequestBudget::Share> RequestBudget::take(uint64_t bytes, Kind kind) {
  runtime::Turnstile& queue = kind == Kind::Large ? large_queue_ : small_queue_;
  if (queue.is_taken() || !fits(bytes, kind)) {
    const auto turn = co_await queue.acquire();
    runtime::Waiter waiter;
    waiter.subscribe(released_);
    while (!fits(bytes, kind)) {
      co_await wait_for_room(waiter, runtime::never);
    }
  }
  const uint64_t large = kind == Kind::Large ? bytes : 0;
  held_ += bytes;
  large_held_ += large;
  co_return Share(this, bytes, large);
}

runtime::Async<> RequestBudget::grow(Share& share, uint64_t bytes, runtime::Deadline deadline) {
  ensure(share.of_ == this, "a share grows in its own budget");
  runtime::Waiter waiter;
  waiter.subscribe(released_);
  while (!fits_large(bytes, share.large_)) {
    const bool is_in_time = co_await wait_for_room(waiter, deadline);
    if (!is_in_time) {
      co_return fail(Errc::RequestTimedOut, "the memory for requests in flight is spent");
    }
  }
  add(share, bytes);
  share.large_ += bytes;
  large_held_ += bytes;
  co_return Result<>{};
}

void RequestBudget::add(Share& share, uint64_t bytes) {
  ensure(share.of_ == this || share.of_ == nullptr, "a share grows in its own budget");
  share.of_ = this;
  held_ += bytes;
  share.bytes_ += bytes;
}

// Releases may come all the time, and none large enough: neither the deadline nor the looks depend on a quiet moment.
runtime::Task<bool> RequestBudget::wait_for_room(runtime::Waiter& waiter, runtime::Deadline deadline) {
  runtime::Shard& shard = runtime::Shard::current();
  next_look_ = std::max(next_look_, shard.now());
  co_await waiter.wait(std::min(deadline, next_look_));
  if (shard.now() >= next_look_) {
    next_look_ = shard.now() + look_round;
    cut_off_slow_peers();
  }
  co_return shard.now() < deadline;
}

// All of them: the next in the queue may be as slow. What they hold comes back when their connections have ended, a
// little later.
void RequestBudget::cut_off_slow_peers() {
  const runtime::MonotonicTime now = runtime::Shard::current().now();
  for (AwaitedPeer* peer : peers_) {
    if (peer->is_slow(now)) {
      peer->was_cut_off_ = true;
      peer->socket_.close();
    }
  }
}

AwaitedPeer::AwaitedPeer(RequestBudget& budget, runtime::Socket& socket, uint64_t held)
    : budget_(budget),
      socket_(socket),
      pace_min_(static_cast<double>(std::max(bytes_per_second_min, held / 10))),
      since_(runtime::Shard::current().now()),
      moved_(socket.moved()),
      place_(budget.peers_.insert(budget.peers_.end(), this)) {}

AwaitedPeer::~AwaitedPeer() { budget_.peers_.erase(place_); }

void AwaitedPeer::resume() {
  is_paused_ = false;
  since_ = runtime::Shard::current().now();
  moved_ = socket_.moved();
}

bool AwaitedPeer::is_slow(runtime::MonotonicTime now) {
  if (is_paused_ || now - since_ < grace) {
    return false;
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::duration<double>>(now - since_).count();
  const bool is_slow = static_cast<double>(socket_.moved() - moved_) < seconds * pace_min_;
  if (!is_slow) {
    since_ = now;
    moved_ = socket_.moved();
  }
  return is_slow;
}

}  // namespace odradek::server
