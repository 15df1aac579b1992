#include "runtime/ready_queue.h"

#include <utility>

#include "base/ensure.h"

namespace odradek::runtime {

void Resumption::cancel() {
  if (next_ == nullptr) {
    return;
  }
  next_->previous_ = previous_;
  previous_->next_ = next_;
  next_ = nullptr;
  previous_ = nullptr;
}

ReadyQueue::ReadyQueue() {
  ring_.next_ = &ring_;
  ring_.previous_ = &ring_;
}

ReadyQueue::~ReadyQueue() {
  while (!empty()) {
    ring_.next_->cancel();
  }
}

void ReadyQueue::push(Resumption& place, std::coroutine_handle<> waiting) {
  ensure(!place.is_scheduled(), "a coroutine is resumed once per wait");
  place.waiting_ = waiting;
  place.next_ = &ring_;
  place.previous_ = ring_.previous_;
  ring_.previous_->next_ = &place;
  ring_.previous_ = &place;
}

std::coroutine_handle<> ReadyQueue::pop(size_t skip) {
  ensure(!empty(), "nothing is ready");
  Resumption* place = ring_.next_;
  for (; skip > 0; --skip) {
    place = place->next_ == &ring_ ? ring_.next_ : place->next_;
  }
  place->cancel();
  // Most connections rest most of the time: the frame of the next one comes from memory while this one runs.
  __builtin_prefetch(ring_.next_->waiting_.address());
  return std::exchange(place->waiting_, nullptr);
}

void ReadyQueue::take_all(ReadyQueue& other) {
  if (other.empty()) {
    return;
  }
  Resumption* first = other.ring_.next_;
  Resumption* last = other.ring_.previous_;
  first->previous_ = ring_.previous_;
  last->next_ = &ring_;
  ring_.previous_->next_ = first;
  ring_.previous_ = last;
  other.ring_.next_ = &other.ring_;
  other.ring_.previous_ = &other.ring_;
}

}  // namespace odradek::runtime
