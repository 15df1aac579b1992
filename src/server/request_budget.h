// Memory that requests in flight may hold, on one shard.
#pragma once

#include <cstdint>
#include <utility>

#include "runtime/task.h"
#include "runtime/wait.h"

namespace odradek::server {

// Bytes are taken as they arrive from a socket and given back when the last byte of the reply has been sent. Who
// finds the budget spent waits and stops reading meanwhile.
class RequestBudget {
 public:
  // A share of the budget; gives it back when it goes.
  class [[nodiscard]] Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept : of_(std::exchange(other.of_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      if (this != &other) {
        release();
        of_ = std::exchange(other.of_, nullptr);
        bytes_ = std::exchange(other.bytes_, 0);
      }
      return *this;
    }
    ~Share() { release(); }
    void release();
    // Takes the other's bytes over, so that both go back together.
    void join(Share other);
    [[nodiscard]] uint64_t bytes() const { return bytes_; }

   private:
    friend RequestBudget;
    Share(RequestBudget* of, uint64_t bytes) : of_(of), bytes_(bytes) {}
    RequestBudget* of_ = nullptr;
    uint64_t bytes_ = 0;
  };

  explicit RequestBudget(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // Waits, in the order of asking, until `bytes` fit. While nothing at all is held anything fits, so one request larger
  // than the budget is served, alone.
  [[nodiscard]] runtime::Task<Share> take(uint64_t bytes);

  // More for a share that is held already; RequestTimedOut if there is no room by `deadline`. It does not queue behind
  // take(): who waits there may be waiting for this very share.
  [[nodiscard]] runtime::Async<> grow(Share& share, uint64_t bytes, runtime::Deadline deadline);

  [[nodiscard]] uint64_t held() const { return held_; }

 private:
  // Whether `bytes` more fit for someone who holds `own` of what is held.
  [[nodiscard]] bool fits(uint64_t bytes, uint64_t own) const { return held_ == own || held_ + bytes <= bytes_max_; }

  uint64_t bytes_max_;
  uint64_t held_ = 0;
  runtime::Turnstile queue_;
  runtime::Signal released_;
};

}  // namespace odradek::server
