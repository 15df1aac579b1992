#include "runtime/wait.h"

#include "runtime/shard.h"

namespace odradek::runtime {

namespace detail {

void SignalLink::unlink() {
  next->previous = previous;
  previous->next = next;
  next = this;
  previous = this;
}

void SignalLink::insert_before(SignalLink& place) {
  next = &place;
  previous = place.previous;
  place.previous->next = this;
  place.previous = this;
}

}  // namespace detail

void Signal::notify_all() {
  for (detail::SignalLink* link = ring_.next; link != &ring_; link = link->next) {
    link->waiter->notify();
  }
}

void Waiter::subscribe(Signal& signal) {
  const bool first_is_free = first_.next == &first_;
  detail::SignalLink& link = first_is_free ? first_ : more_.emplace_back(this);
  link.insert_before(signal.ring_);
}

void Waiter::unsubscribe_all() {
  first_.unlink();
  more_.clear();
}

void Waiter::notify() {
  notified_ = true;
  wake();
}

void Waiter::suspend(std::coroutine_handle<> waiting, Deadline deadline) {
  ensure(!waiting_, "one coroutine waits at a time");
  waiting_ = waiting;
  if (deadline != never) {
    timer_.arm(Shard::current().timers(), deadline, [this] { wake(); });
  }
}

void Waiter::wake() {
  if (waiting_ && !resumption_.is_scheduled()) {
    Shard::current().resume_soon(resumption_, waiting_);
  }
}

bool Waiter::finish() {
  waiting_ = nullptr;
  timer_.cancel();
  return std::exchange(notified_, false);
}

void Sleep::await_suspend(std::coroutine_handle<> waiting) {
  timer_.arm(Shard::current().timers(), due_, [this, waiting] { Shard::current().resume_soon(resumption_, waiting); });
}

Sleep sleep_for(Duration delay) { return Sleep(Shard::current().in(delay)); }

void Yield::await_suspend(std::coroutine_handle<> waiting) {
  switch (whom_) {
    case To::Everyone: return Shard::current().resume_soon(resumption_, waiting);
    case To::ThisTurn: return Shard::current().resume_last(resumption_, waiting);
  }
}

Turnstile::Acquire::~Acquire() {
  switch (state_) {
    case State::Idle: return;
    case State::Queued: of_.queue_.erase(place_); return;
    case State::Granted: of_.pass_on(); return;
  }
}

bool Turnstile::Acquire::await_ready() {
  if (of_.taken_) {
    return false;
  }
  of_.taken_ = true;
  state_ = State::Granted;
  return true;
}

void Turnstile::Acquire::await_suspend(std::coroutine_handle<> waiting) {
  waiting_ = waiting;
  place_ = of_.queue_.insert(of_.queue_.end(), this);
  state_ = State::Queued;
}

Turnstile::Turn Turnstile::Acquire::await_resume() {
  ensure(state_ == State::Granted, "a turn is granted before its owner resumes");
  state_ = State::Idle;
  return Turn(&of_);
}

void Turnstile::pass_on() {
  if (queue_.empty()) {
    taken_ = false;
    return;
  }
  Acquire& next = *queue_.front();
  queue_.pop_front();
  next.state_ = Acquire::State::Granted;
  Shard::current().resume_soon(next.resumption_, next.waiting_);
}

}  // namespace odradek::runtime
