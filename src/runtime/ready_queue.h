// Coroutines on their way back: those to be resumed in a later turn of their shard's loop.
#pragma once

#include <coroutine>
#include <cstddef>

namespace odradek::runtime {

class ReadyQueue;

// One coroutine's place in a ReadyQueue. Lies in the frame that waits: destroying it takes the coroutine out of the
// queue, so a waiting task can be destroyed at any time.
class Resumption {
 public:
  Resumption() = default;
  Resumption(const Resumption&) = delete;
  Resumption& operator=(const Resumption&) = delete;
  ~Resumption() { cancel(); }

  [[nodiscard]] bool is_scheduled() const { return next_ != nullptr; }
  void cancel();

 private:
  friend ReadyQueue;
  std::coroutine_handle<> waiting_;
  Resumption* next_ = nullptr;  // in the queue's ring; null when not in one
  Resumption* previous_ = nullptr;
};

// A ring of Resumptions in the order they were pushed; no allocation.
class ReadyQueue {
 public:
  ReadyQueue();
  ReadyQueue(const ReadyQueue&) = delete;
  ReadyQueue& operator=(const ReadyQueue&) = delete;
  ~ReadyQueue();

  // `place` must not be scheduled yet.
  void push(Resumption& place, std::coroutine_handle<> waiting);

  // Takes out the one `skip` places from the front (counted round the ring). The queue must not be empty.
  [[nodiscard]] std::coroutine_handle<> pop(size_t skip = 0);

  // Moves everything from `other` to the end of this queue.
  void take_all(ReadyQueue& other);

  [[nodiscard]] bool empty() const { return ring_.next_ == &ring_; }

 private:
  Resumption ring_;
};

}  // namespace odradek::runtime
