// One thread's event loop, and descriptors watched by it: epoll, each descriptor registered once and for edges.
#pragma once

#include <array>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>

#include "runtime/ready_queue.h"
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
  void poll() { handle(0); }

  // Ends the current or the next wait(). From any thread.
  void wake();

 private:
  friend class WatchedDescriptor;
  void handle(int timeout_ms);

  int epoll_;
  int wake_;  // an eventfd; its count is never read: each write is an edge of its own
};

// A non-blocking descriptor, owned. Used on one shard; at most one coroutine waits for each direction.
//
// The kernel tells once that a direction has become ready, and again only after a call that found it exhausted: so
// readiness is remembered until used_up(), which whoever reads or writes calls when a system call has shown that
// there is no more (EAGAIN, or fewer bytes than asked for).
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
  void used_up(Direction direction);

  // Wakes those who wait.
  void close();

  // Stops watching: the descriptor is the caller's, open, and -1 if it was closed before. Wakes those who wait.
  [[nodiscard]] int release();

 private:
  friend class Loop;
  struct Slot {
    std::coroutine_handle<> waiting;
    Resumption resumption;
    bool is_ready = false;
    bool stays_ready = false;  // the other end has gone: every call says so from now on
  };
  struct State {
    explicit State(Shard& owner) : shard(owner) {}
    [[nodiscard]] Slot& slot(Direction direction) { return slots[static_cast<size_t>(direction)]; }
    void happened(uint32_t events);
    void became_ready(Direction direction);

    Shard& shard;
    std::array<Slot, 2> slots;
    bool is_closed = false;
  };

  Loop& loop_;
  std::shared_ptr<State> state_;
  int fd_;
};

}  // namespace odradek::runtime
