#include "load/pipeline.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <optional>

#include "load/frame_buffer.h"

namespace odradek::bench {
namespace {

class Line {
 public:
  Line(int epoll, const Endpoint& endpoint, Asker& asker, Pace pace)
      : epoll_(epoll), socket_(dial(endpoint)), asker_(asker), depth_(pace.depth), is_paced_(pace.rate > 0) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = this;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &event) != 0) {
      give_up_errno("epoll_ctl");
    }
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { ::close(socket_); }

  [[nodiscard]] bool is_done() const { return asked_all_ && in_flight_ == 0; }

  void on_ready(uint32_t events) {
    if ((events & ~uint32_t{EPOLLOUT}) != 0) {
      read();
    }
    write();
  }

  // One more may be asked, from `due` on.
  void allow(Clock::time_point due) {
    due_.push_back(due);
    write();
  }

  // Sends until the depth is reached, the socket is full or there is nothing more to ask yet.
  void write() {
    for (;;) {
      if (out_.empty()) {
        if (asked_all_ || in_flight_ == depth_ || (is_paced_ && due_.empty())) {
          return wait_for_room(false);
        }
        out_ = asker_.next_request(take_due());
        if (out_.empty()) {
          asked_all_ = true;
          return wait_for_room(false);
        }
        ++in_flight_;
      }
      const ssize_t sent = ::send(socket_, out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) {
        if (errno == EAGAIN || errno == EINTR) {
          return wait_for_room(true);
        }
        give_up_errno("send");
      }
      out_ = out_.subspan(static_cast<size_t>(sent));
    }
  }

 private:
  void read() {
    switch (in_.fill(socket_, MSG_DONTWAIT)) {
      case Arrival::NothingYet: return;
      case Arrival::Closed: give_up("the broker closed a connection");
      case Arrival::Bytes: break;
    }
    while (const auto frame = in_.next()) {
      --in_flight_;
      asker_.on_answer(*frame);
    }
  }

  Clock::time_point take_due() {
    if (!is_paced_) {
      return Clock::now();
    }
    const auto due = due_.front();
    due_.pop_front();
    return due;
  }

  void wait_for_room(bool wanted) {
    if (wanted == waits_for_room_) {
      return;
    }
    waits_for_room_ = wanted;
    epoll_event event{};
    event.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = this;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, socket_, &event);
  }

  int epoll_;
  int socket_;
  Asker& asker_;
  int depth_;
  bool is_paced_;
  std::deque<Clock::time_point> due_;  // of what may be asked now
  int in_flight_ = 0;
  bool asked_all_ = false;
  bool waits_for_room_ = false;
  ByteView out_;  // what is left of the request being sent
  FrameBuffer in_;
};

// Says when the next request is due, at a fixed rate, and the how many-th it is.
class Clockwork {
 public:
  explicit Clockwork(double rate) : interval_(1e9 / rate), begin_(Clock::now()) {}

  [[nodiscard]] Clock::time_point due() const {
    return begin_ + std::chrono::nanoseconds(static_cast<int64_t>(interval_ * static_cast<double>(turn_)));
  }

  [[nodiscard]] uint64_t turn() const { return turn_; }
  void advance() { ++turn_; }

  [[nodiscard]] timespec until_next() const {
    const auto left = std::max(due() - Clock::now(), Clock::duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return {.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(left - seconds).count()};
  }

 private:
  double interval_;  // ns
  Clock::time_point begin_;
  uint64_t turn_ = 0;
};

}  // namespace

void run_pipeline(const Endpoint& endpoint, const std::vector<std::unique_ptr<Asker>>& askers, Pace pace) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) {
    give_up_errno("epoll_create1");
  }
  std::vector<std::unique_ptr<Line>> lines;
  for (const auto& asker : askers) {
    lines.push_back(std::make_unique<Line>(epoll, endpoint, *asker, pace));
  }
  std::optional<Clockwork> clockwork;
  if (pace.rate > 0) {
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    clockwork.emplace(pace.rate);
  }
  size_t open = 0;
  for (const auto& line : lines) {
    line->write();
    open += line->is_done() ? 0 : 1;
  }
  std::array<epoll_event, 64> events{};
  while (open > 0) {
    const timespec wait = clockwork ? clockwork->until_next() : timespec{};
    const int ready =
        ::epoll_pwait2(epoll, events.data(), static_cast<int>(events.size()), clockwork ? &wait : nullptr, nullptr);
    for (int i = 0; i < ready; ++i) {
      auto& line = *static_cast<Line*>(events[static_cast<size_t>(i)].data.ptr);
      if (line.is_done()) {
        give_up("the broker closed a connection, or answered more than it was asked");
      }
      line.on_ready(events[static_cast<size_t>(i)].events);
      open -= line.is_done() ? 1 : 0;
    }
    for (const auto now = Clock::now(); clockwork && clockwork->due() <= now; clockwork->advance()) {
      Line& line = *lines[clockwork->turn() % lines.size()];
      if (!line.is_done()) {
        line.allow(clockwork->due());
        open -= line.is_done() ? 1 : 0;
      }
    }
  }
  lines.clear();
  ::close(epoll);
}

}  // namespace odradek::bench
