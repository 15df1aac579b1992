// One thread's event loop, and descriptors watched by it. The only place that knows Boost.Asio is loop.cc.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>

#include "runtime/time.h"

namespace odradek::runtime {

class Shard;

class Loop {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  // Waits until something happened or `latest` has come (nullopt: without end), and handles what happened.
  void wait(std::optional<MonotonicTime> latest);

  // Handles what has happened, without waiting.
  void poll();

  // Ends the current or the next wait(). From any thread.
  void wake();

 private:
  friend class WatchedDescriptor;
  struct State;
  std::unique_ptr<State> state_;
};

// A non-blocking descriptor, owned. Used on one shard; at most one coroutine waits for each direction.
class WatchedDescriptor {
  struct State;

 public:
  enum class Direction : uint8_t { Read, Write };

  // Resumes in a later turn, when the descriptor is ready or closed; a spurious wake is possible.
  class [[nodiscard]] Readiness {
   public:
    Readiness(std::shared_ptr<State> state, Direction direction) : state_(std::move(state)), direction_(direction) {}
    Readiness(const Readiness&) = delete;
    Readiness& operator=(const Readiness&) = delete;
    ~Readiness();
    [[nodiscard]] bool await_ready() const;
    void await_suspend(std::coroutine_handle<> waiting);
    void await_resume() const noexcept {}

   private:
    std::shared_ptr<State> state_;
    Direction direction_;
  };

  // Takes `fd` over.
  WatchedDescriptor(Loop& loop, Shard& shard, int fd);
  WatchedDescriptor(const WatchedDescriptor&) = delete;
  WatchedDescriptor& operator=(const WatchedDescriptor&) = delete;
  ~WatchedDescriptor() { close(); }

  // -1 once closed.
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_closed() const { return fd_ < 0; }
  Readiness readable() { return {state_, Direction::Read}; }
  Readiness writable() { return {state_, Direction::Write}; }

  // Wakes those who wait.
  void close();

 private:
  std::shared_ptr<State> state_;
  int fd_;
};

}  // namespace odradek::runtime
