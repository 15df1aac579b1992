#include "runtime/real/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>
#include <span>
#include <utility>

#include "base/ensure.h"
#include "runtime/shard.h"

namespace odradek::runtime {
namespace {

constexpr size_t events_per_turn = 128;
constexpr size_t states_ahead = 4;  // on their way from memory while an event is handled

// The time until then in the kernel's milliseconds, rounded up: who wakes early would only wait again.
int milliseconds_until(MonotonicTime latest) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(latest - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
}

}  // namespace

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  epoll_event wakes{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
  ensure(epoll_ >= 0 && wake_ >= 0 && ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &wakes) == 0,
         "a loop has its two descriptors");
}

Loop::~Loop() {
  ::close(wake_);
  ::close(epoll_);
}

void Loop::wait(std::optional<MonotonicTime> latest) { handle(latest ? milliseconds_until(*latest) : -1); }

void Loop::wake() {
  const uint64_t one = 1;
  static_cast<void>(::write(wake_, &one, sizeof one));
}

// Those that are ready beyond a turn's share come first in the next one.
void Loop::handle(int timeout_ms) {
  std::array<epoll_event, events_per_turn> events;
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
  ensure(count >= 0 || errno == EINTR, "a loop waits");
  const auto ready = std::span(events).first(static_cast<size_t>(std::max(count, 0)));
  for (size_t i = 0; i < ready.size(); ++i) {
    const epoll_event& event = ready[i];
    if (i + states_ahead < ready.size()) {
      __builtin_prefetch(ready[i + states_ahead].data.ptr);
    }
    if (event.data.ptr != nullptr) {
      // It is still there: this loop's coroutines, who could close it, run only after all events are handled.
      static_cast<WatchedDescriptor::State*>(event.data.ptr)->happened(event.events);
    }
  }
}

WatchedDescriptor::WatchedDescriptor(Loop& loop, Shard& shard, int fd)
    : loop_(loop), state_(std::make_shared<State>(shard)), fd_(fd) {
  epoll_event all{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = state_.get()}};
  // Only the kernel's limit on watches or memory can refuse it; the first use then finds the descriptor closed.
  if (::epoll_ctl(loop.epoll_, EPOLL_CTL_ADD, fd, &all) != 0) {
    ::close(fd);
    fd_ = -1;
    state_->is_closed = true;
  }
}

void WatchedDescriptor::used_up(Direction direction) {
  Slot& slot = state_->slot(direction);
  slot.is_ready = slot.stays_ready;
}

void WatchedDescriptor::close() {
  if (const int fd = release(); fd >= 0) {
    ::close(fd);
  }
}

int WatchedDescriptor::release() {
  if (fd_ >= 0) {
    state_->is_closed = true;
    state_->became_ready(Direction::Read);
    state_->became_ready(Direction::Write);
    epoll_event none{};
    static_cast<void>(::epoll_ctl(loop_.epoll_, EPOLL_CTL_DEL, fd_, &none));
  }
  return std::exchange(fd_, -1);
}

void WatchedDescriptor::State::happened(uint32_t events) {
  const bool is_over = (events & (EPOLLHUP | EPOLLERR)) != 0;
  slot(Direction::Read).stays_ready |= is_over || (events & EPOLLRDHUP) != 0;
  slot(Direction::Write).stays_ready |= is_over;
  if (is_over || (events & (EPOLLIN | EPOLLRDHUP)) != 0) {
    became_ready(Direction::Read);
  }
  if (is_over || (events & EPOLLOUT) != 0) {
    became_ready(Direction::Write);
  }
}

void WatchedDescriptor::State::became_ready(Direction direction) {
  Slot& ready = slot(direction);
  ready.is_ready = true;
  if (ready.waiting && !ready.resumption.is_scheduled()) {
    shard.resume_soon(ready.resumption, ready.waiting);
  }
}

bool WatchedDescriptor::Readiness::await_ready() const { return state_->is_closed; }

void WatchedDescriptor::Readiness::await_suspend(std::coroutine_handle<> waiting) {
  Slot& slot = state_->slot(direction_);
  ensure(!slot.waiting, "one coroutine waits for each direction of a descriptor");
  slot.waiting = waiting;
  if (slot.is_ready) {
    state_->shard.resume_soon(slot.resumption, waiting);
  }
}

WatchedDescriptor::Readiness::~Readiness() {
  if (state_) {
    Slot& slot = state_->slot(direction_);
    slot.waiting = nullptr;
    slot.resumption.cancel();
  }
}

}  // namespace odradek::runtime
