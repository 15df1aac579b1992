// Waiting for conditions: signals, a waiter on any of several, sleeping, turns.
//
// All of it belongs to one shard. A Signal is a place where something may change; a Waiter is one coroutine that
// waits for any of the signals it subscribed to, or for a deadline. Subscribe before you look, or a change in
// between is missed:
//
//   Waiter waiter;
//   waiter.subscribe(log.growth());
//   while (!enough(read())) {
//     if (!co_await waiter.wait(deadline)) break;   // false: the deadline passed
//   }
#pragma once

#include <coroutine>
#include <cstdint>
#include <list>
#include <utility>

#include "base/ensure.h"
#include "runtime/ready_queue.h"
#include "runtime/time.h"
#include "runtime/timer.h"

namespace odradek::runtime {

class Waiter;

namespace detail {

// A link between one Signal and one Waiter, in the Signal's ring; unlinks itself when destroyed.
struct SignalLink {
  SignalLink() : next(this), previous(this) {}
  explicit SignalLink(Waiter* owner) : waiter(owner), next(this), previous(this) {}
  SignalLink(const SignalLink&) = delete;
  SignalLink& operator=(const SignalLink&) = delete;
  ~SignalLink() { unlink(); }
  void unlink();
  void insert_before(SignalLink& place);

  Waiter* waiter = nullptr;
  SignalLink* next;
  SignalLink* previous;
};

}  // namespace detail

// Where something may change. Destroying it leaves its waiters to their deadlines.
class Signal {
 public:
  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  // Wakes every waiter subscribed now. They run in later turns of the loop, never inside this call.
  void notify_all();
  [[nodiscard]] bool has_waiters() const { return ring_.next != &ring_; }

 private:
  friend Waiter;
  detail::SignalLink ring_;
};

class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  void subscribe(Signal& signal);
  void unsubscribe_all();

  // Makes the current or the next wait() return true, as a signal would.
  void notify();

  // True when notified since the last wait returned; false when the deadline passed first. One coroutine at a time.
  [[nodiscard]] auto wait(Deadline deadline = never) {
    struct Awaiter {
      Waiter& waiter;
      Deadline deadline;
      [[nodiscard]] bool await_ready() const { return waiter.notified_; }
      void await_suspend(std::coroutine_handle<> waiting) { waiter.suspend(waiting, deadline); }
      bool await_resume() { return waiter.finish(); }
    };
    return Awaiter{*this, deadline};
  }

 private:
  void suspend(std::coroutine_handle<> waiting, Deadline deadline);
  void wake();
  bool finish();

  detail::SignalLink first_{this};  // most wait for one signal: no allocation for it
  std::list<detail::SignalLink> more_;
  std::coroutine_handle<> waiting_;
  bool notified_ = false;
  Resumption resumption_;
  Timer timer_;
};

// Waits until `due`; at least one turn of the loop even if it has passed.
class [[nodiscard]] Sleep {
 public:
  explicit Sleep(Deadline due) : due_(due) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting);
  void await_resume() const noexcept {}

 private:
  Deadline due_;
  Timer timer_;
  Resumption resumption_;
};
inline Sleep sleep_until(Deadline due) { return Sleep(due); }
// Waits for that long on the current shard's clock.
Sleep sleep_for(Duration delay);

// Lets others run.
class [[nodiscard]] Yield {
 public:
  enum class To : uint8_t { Everyone, ThisTurn };

  explicit Yield(To whom) : whom_(whom) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting);
  void await_resume() const noexcept {}

 private:
  Resumption resumption_;
  To whom_;
};
// Everyone else on the shard runs once.
inline Yield yield() { return Yield(Yield::To::Everyone); }
// Those run first who are ready in this turn of the loop: to gather what a turn brings, at no cost if that is nothing.
inline Yield end_of_turn() { return Yield(Yield::To::ThisTurn); }

// First come, first served: who acquires holds the turn until the returned object goes.
//
//   const auto turn = co_await append_turn_.acquire();
class Turnstile {
 public:
  class [[nodiscard]] Turn {
   public:
    Turn(Turn&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Turn& operator=(Turn&& other) noexcept {
      release();
      of_ = std::exchange(other.of_, nullptr);
      return *this;
    }
    ~Turn() { release(); }
    void release() {
      if (of_ != nullptr) {
        std::exchange(of_, nullptr)->pass_on();
      }
    }

   private:
    friend Turnstile;
    explicit Turn(Turnstile* of) : of_(of) {}
    Turnstile* of_;
  };

  // Somebody's place in the queue; leaving it (by destruction) gives a turn already granted to the next.
  class [[nodiscard]] Acquire {
   public:
    explicit Acquire(Turnstile& of) : of_(of) {}
    Acquire(const Acquire&) = delete;
    Acquire& operator=(const Acquire&) = delete;
    ~Acquire();
    [[nodiscard]] bool await_ready();
    void await_suspend(std::coroutine_handle<> waiting);
    [[nodiscard]] Turn await_resume();

   private:
    friend Turnstile;
    enum class State : uint8_t { Idle, Queued, Granted };
    Turnstile& of_;
    State state_ = State::Idle;
    std::list<Acquire*>::iterator place_;
    std::coroutine_handle<> waiting_;
    Resumption resumption_;
  };

  Turnstile() = default;
  Turnstile(const Turnstile&) = delete;
  Turnstile& operator=(const Turnstile&) = delete;
  ~Turnstile() { ensure(!taken_, "a turnstile outlives its turns"); }

  // Uncontended, it does not suspend.
  Acquire acquire() { return Acquire(*this); }
  [[nodiscard]] bool is_taken() const { return taken_; }

 private:
  void pass_on();
  bool taken_ = false;
  std::list<Acquire*> queue_;
};

}  // namespace odradek::runtime
