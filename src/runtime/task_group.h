// Own running coroutines and join them.
#pragma once

#include <cstddef>

#include "runtime/task.h"
#include "runtime/wait.h"

namespace odradek::runtime {

// Runs tasks that nobody awaits, and waits for all of them. The only way to start a coroutine without awaiting it.
// Must be joined before it is destroyed; belongs to one shard.
class TaskGroup {
 public:
  TaskGroup() = default;
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  // Starts the task now and runs it up to its first wait.
  void spawn(Task<void> task);

  // Waits until every task spawned so far, and every one they spawn meanwhile, has ended.
  [[nodiscard]] Task<void> join();

  [[nodiscard]] size_t running() const { return running_; }

 private:
  struct Runner;
  size_t running_ = 0;
  Signal ended_;
};

// Lets in while open; closing lets nobody else in and waits for those inside to leave.
class Gate {
 public:
  class [[nodiscard]] Pass {
   public:
    Pass() = default;
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      leave();
      gate_ = std::exchange(other.gate_, nullptr);
      return *this;
    }
    ~Pass() { leave(); }

   private:
    friend Gate;
    explicit Pass(Gate* gate) : gate_(gate) {}
    void leave() {
      if (gate_ != nullptr) {
        std::exchange(gate_, nullptr)->leave();
      }
    }
    Gate* gate_ = nullptr;
  };

  // Errc::Cancelled once the gate is closed.
  [[nodiscard]] Result<Pass> enter();
  [[nodiscard]] Task<void> close();
  [[nodiscard]] bool is_closed() const { return closed_; }
  // Notified when closing begins, for those inside who wait for something that may not come.
  [[nodiscard]] Signal& closing() { return closing_; }

 private:
  void leave();
  size_t inside_ = 0;
  bool closed_ = false;
  Signal closing_;
  Signal emptied_;
};

}  // namespace odradek::runtime
