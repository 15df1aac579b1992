// Threads for what may block: syncs, reads that miss the page cache, removing large files, resolving names.
#pragma once

#include <condition_variable>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/shard.h"

namespace odradek::runtime {

class IoThreads {
 public:
  explicit IoThreads(uint32_t count);
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;
  ~IoThreads();  // finishes what was submitted

  void submit(Job job);

  // Runs `work` on an I/O thread and resumes the caller, on its shard, with what it returned. Must not be abandoned:
  // the caller's frame stays until the answer came.
  template <typename Work>
  [[nodiscard]] auto run(Work work) {
    return Call<Work>(*this, std::move(work));
  }

 private:
  template <typename Work>
  class [[nodiscard]] Call {
   public:
    Call(IoThreads& threads, Work work) : threads_(threads), work_(std::move(work)) {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> caller) {
      caller_ = caller;
      home_ = &Shard::current();
      threads_.submit([this] {
        answer_.emplace(work_());
        home_->post([this] { caller_.resume(); });
      });
    }
    auto await_resume() { return *std::move(answer_); }

   private:
    IoThreads& threads_;
    Work work_;
    Shard* home_ = nullptr;
    std::coroutine_handle<> caller_;
    std::optional<std::invoke_result_t<Work&>> answer_;
  };

  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace odradek::runtime
