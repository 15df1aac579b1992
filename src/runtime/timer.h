// The timers of one shard. Pure: the loop asks when the next is due and says when time has passed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "runtime/time.h"

namespace odradek::runtime {

class TimerQueue;

// Something to be called at a moment. Owned by whoever waits (it lies in a coroutine frame or an object);
// destroying it cancels it. Neither movable nor copyable while armed.
class Timer {
 public:
  using Callback = std::move_only_function<void()>;

  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  // Calls back once at `due` or in the first turn after it. Arming an armed timer moves it.
  void arm(TimerQueue& queue, MonotonicTime due, Callback callback);
  void cancel();
  [[nodiscard]] bool is_armed() const { return queue_ != nullptr; }

 private:
  friend TimerQueue;
  TimerQueue* queue_ = nullptr;
  size_t place_ = 0;  // in the queue's heap
  MonotonicTime due_;
  uint64_t order_ = 0;  // timers due at the same moment fire in the order they were armed
  Callback callback_;
};

// A binary heap with handles: arm, move and cancel are O(log n), no allocation per timer.
class TimerQueue {
 public:
  // When the first timer is due, if there is one.
  [[nodiscard]] std::optional<MonotonicTime> next_due() const;

  // Fires every timer due at or before `now`. A callback may arm and cancel timers; one armed for the past by a
  // callback fires in the next call.
  void fire(MonotonicTime now);

  [[nodiscard]] size_t size() const { return heap_.size(); }

 private:
  friend Timer;
  void push(Timer& timer);
  void remove(Timer& timer);
  void rise(size_t place);
  void sink(size_t place);
  void put(size_t place, Timer* timer);
  [[nodiscard]] static bool before(const Timer& a, const Timer& b);

  std::vector<Timer*> heap_;
  std::optional<MonotonicTime> firing_;  // the time that fire() was called with, while it runs
  uint64_t next_order_ = 0;
};

}  // namespace odradek::runtime
