#include "runtime/timer.h"

#include <algorithm>
#include <utility>

namespace odradek::runtime {

void Timer::arm(TimerQueue& queue, MonotonicTime due, Callback callback) {
  cancel();
  // One that is armed for the past by a callback waits for the next call of fire().
  due_ = queue.firing_ ? std::max(due, *queue.firing_ + Duration{1}) : due;
  order_ = queue.next_order_++;
  callback_ = std::move(callback);
  queue_ = &queue;
  queue.push(*this);
}

void Timer::cancel() {
  if (queue_ != nullptr) {
    std::exchange(queue_, nullptr)->remove(*this);
    callback_ = nullptr;
  }
}

std::optional<MonotonicTime> TimerQueue::next_due() const {
  if (heap_.empty()) {
    return std::nullopt;
  }
  return heap_.front()->due_;
}

void TimerQueue::fire(MonotonicTime now) {
  firing_ = now;
  while (!heap_.empty() && heap_.front()->due_ <= now) {
    Timer& timer = *heap_.front();
    remove(timer);
    timer.queue_ = nullptr;
    auto callback = std::exchange(timer.callback_, nullptr);
    callback();  // may destroy the timer
  }
  firing_.reset();
}

bool TimerQueue::before(const Timer& a, const Timer& b) {
  return a.due_ != b.due_ ? a.due_ < b.due_ : a.order_ < b.order_;
}

void TimerQueue::put(size_t place, Timer* timer) {
  heap_[place] = timer;
  timer->place_ = place;
}

void TimerQueue::push(Timer& timer) {
  heap_.push_back(&timer);
  timer.place_ = heap_.size() - 1;
  rise(timer.place_);
}

void TimerQueue::remove(Timer& timer) {
  const size_t place = timer.place_;
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last != &timer) {
    put(place, last);
    rise(place);
    sink(last->place_);
  }
}

void TimerQueue::rise(size_t place) {
  Timer* timer = heap_[place];
  while (place > 0) {
    const size_t parent = (place - 1) / 2;
    if (!before(*timer, *heap_[parent])) {
      break;
    }
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, timer);
}

void TimerQueue::sink(size_t place) {
  Timer* timer = heap_[place];
  for (;;) {
    size_t child = 2 * place + 1;
    if (child >= heap_.size()) {
      break;
    }
    if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) {
      ++child;
    }
    if (!before(*heap_[child], *timer)) {
      break;
    }
    put(place, heap_[child]);
    place = child;
  }
  put(place, timer);
}

}  // namespace odradek::runtime
