// Memory that requests in flight may hold, on one shard.
#pragma once

#include <cstdint>
#include <list>
#include <utility>

#include "runtime/socket.h"
#include "runtime/task.h"
#include "runtime/wait.h"

namespace odradek::server {

class AwaitedPeer;

// Bytes are taken as they arrive from a socket and given back when the request's memory is free again; those of a large
// reply when its last byte has been sent. Who finds the budget spent waits and stops reading meanwhile. A quarter of it
// is for small requests alone, whatever large ones hold: these may be long in coming, and must not hold up everyone.
class RequestBudget {
 public:
  enum class Kind : uint8_t { Small, Large };

  // A share of the budget; gives it back when it goes.
  class [[nodiscard]] Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)),
          bytes_(std::exchange(other.bytes_, 0)),
          large_(std::exchange(other.large_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      if (this != &other) {
        release();
        of_ = std::exchange(other.of_, nullptr);
        bytes_ = std::exchange(other.bytes_, 0);
        large_ = std::exchange(other.large_, 0);
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
    Share(RequestBudget* of, uint64_t bytes, uint64_t large) : of_(of), bytes_(bytes), large_(large) {}
    RequestBudget* of_ = nullptr;
    uint64_t bytes_ = 0;
    uint64_t large_ = 0;  // of them, those of large requests
  };

  explicit RequestBudget(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // Waits, in the order of asking of its kind, until `bytes` fit. What a large request asks for fits while no other
  // large one holds anything, and anything fits while nothing at all is held: so a request larger than the budget is
  // served.
  [[nodiscard]] runtime::Task<Share> take(uint64_t bytes, Kind kind = Kind::Small);

  // More for a large request's share that is held already; RequestTimedOut if there is no room by `deadline`. It does
  // not queue behind take(): who waits there may be waiting for this very share.
  [[nodiscard]] runtime::Async<> grow(Share& share, uint64_t bytes, runtime::Deadline deadline);

  // For memory that is there already (a reply), at once and whether it fits or not. The share may be an empty one.
  void add(Share& share, uint64_t bytes);

  [[nodiscard]] uint64_t held() const { return held_; }
  // Less than half is held: there is no need to be careful.
  [[nodiscard]] bool is_plentiful() const { return held_ < bytes_max_ / 2; }

 private:
  friend AwaitedPeer;

  [[nodiscard]] bool fits(uint64_t bytes, Kind kind) const;
  [[nodiscard]] bool fits_small(uint64_t bytes) const;
  // Whether `bytes` more fit for a large request that holds `own` of what is held.
  [[nodiscard]] bool fits_large(uint64_t bytes, uint64_t own) const;
  // Returns when that may have changed; false once the deadline has passed. Now and then it cuts slow peers off.
  [[nodiscard]] runtime::Task<bool> wait_for_room(runtime::Waiter& waiter, runtime::Deadline deadline);
  void cut_off_slow_peers();

  uint64_t bytes_max_;
  uint64_t held_ = 0;
  uint64_t large_held_ = 0;  // of that, by large requests; not by replies
  runtime::Turnstile small_queue_;
  runtime::Turnstile large_queue_;
  runtime::Signal released_;
  std::list<AwaitedPeer*> peers_;
  runtime::MonotonicTime next_look_{};  // for slow ones
};

// Says that memory is held until a peer has sent, or read, more. While somebody waits for the budget, a peer that over
// `grace` or longer moves less than `bytes_per_second_min`, or a tenth of what is held for it, has its socket closed.
class AwaitedPeer {
 public:
  static constexpr runtime::Duration grace = std::chrono::seconds(5);
  static constexpr uint64_t bytes_per_second_min = 64 * 1024;

  // `held`: bytes, all of which come back only when the peer has moved the last of them; 0 if they grow as it moves.
  AwaitedPeer(RequestBudget& budget, runtime::Socket& socket, uint64_t held = 0);
  AwaitedPeer(const AwaitedPeer&) = delete;
  AwaitedPeer& operator=(const AwaitedPeer&) = delete;
  ~AwaitedPeer();

  // Now it waits for us, and then for the peer again.
  void pause() { is_paused_ = true; }
  void resume();
  [[nodiscard]] bool was_cut_off() const { return was_cut_off_; }

 private:
  friend RequestBudget;
  // Over the time since it was last found to be fast enough.
  [[nodiscard]] bool is_slow(runtime::MonotonicTime now);

  RequestBudget& budget_;
  runtime::Socket& socket_;
  double pace_min_;  // bytes a second
  runtime::MonotonicTime since_;
  uint64_t moved_;  // by the socket until then, bytes
  bool is_paused_ = false;
  bool was_cut_off_ = false;
  std::list<AwaitedPeer*>::iterator place_;
};

}  // namespace odradek::server
