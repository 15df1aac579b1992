#include "runtime/real/loop.h"

#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include "base/ensure.h"
#include "runtime/shard.h"

namespace odradek::runtime {

namespace asio = boost::asio;
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

struct Loop::State {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
};

Loop::Loop() : state_(std::make_unique<State>()) {}
Loop::~Loop() = default;

void Loop::wait(std::optional<MonotonicTime> latest) {
  if (latest) {
    state_->context.run_one_until(*latest);
  } else {
    state_->context.run_one();
  }
  state_->context.poll();
}

void Loop::poll() { state_->context.poll(); }

void Loop::wake() {
  asio::post(state_->context, [] {});
}

struct WatchedDescriptor::State {
  State(asio::io_context& context, Shard& owner) : descriptor(context.get_executor()), shard(owner) {}

  struct Slot {
    std::coroutine_handle<> waiting;
    Resumption resumption;
    bool is_armed = false;
  };
  Slot& slot(Direction direction) { return direction == Direction::Read ? read : write; }

  Descriptor descriptor;
  Shard& shard;
  Slot read;
  Slot write;
  bool is_closed = false;
};

WatchedDescriptor::WatchedDescriptor(Loop& loop, Shard& shard, int fd)
    : state_(std::make_shared<State>(loop.state_->context, shard)), fd_(fd) {
  boost::system::error_code error;
  static_cast<void>(state_->descriptor.assign(fd, error));
  // Only the kernel's limit on watches or memory can refuse it; the first use then finds the descriptor closed.
  if (error) {
    ::close(fd);
    fd_ = -1;
    state_->is_closed = true;
  }
}

void WatchedDescriptor::close() {
  if (fd_ < 0) {
    return;
  }
  fd_ = -1;
  state_->is_closed = true;
  boost::system::error_code ignored;
  static_cast<void>(state_->descriptor.close(ignored));  // waits under way end through their handlers
}

bool WatchedDescriptor::Readiness::await_ready() const { return state_->is_closed; }

void WatchedDescriptor::Readiness::await_suspend(std::coroutine_handle<> waiting) {
  State::Slot& slot = state_->slot(direction_);
  ensure(!slot.waiting, "one coroutine waits for each direction of a descriptor");
  slot.waiting = waiting;
  if (slot.is_armed) {
    return;
  }
  slot.is_armed = true;
  // Arming looks at the descriptor afresh: what came before this call is reported too.
  const auto what = direction_ == Direction::Read ? Descriptor::wait_read : Descriptor::wait_write;
  state_->descriptor.async_wait(what, [state = state_, direction = direction_](const boost::system::error_code&) {
    State::Slot& ready = state->slot(direction);
    ready.is_armed = false;
    if (ready.waiting && !ready.resumption.is_scheduled()) {
      state->shard.resume_soon(ready.resumption, ready.waiting);
    }
  });
}

WatchedDescriptor::Readiness::~Readiness() {
  if (state_) {
    State::Slot& slot = state_->slot(direction_);
    slot.waiting = nullptr;
    slot.resumption.cancel();
  }
}

}  // namespace odradek::runtime
