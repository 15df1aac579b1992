#include "sim/crew.h"

#include <array>
#include <csignal>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ensure.h"

namespace odradek::sim {
namespace {

constexpr uint64_t seeds_per_child = 50;
constexpr unsigned life_max_seconds = 120;  // of real time; SIGALRM then ends the child

// What a child says of one life; fits a pipe's atomic write.
struct Line {
  uint64_t acknowledged = 0;
  uint64_t read = 0;
  bool is_wrong = false;
  std::array<char, 480> what{};
};

struct Child {
  pid_t pid = 0;
  uint64_t next = 0;  // the seed that it lives
  uint64_t end = 0;
};

[[noreturn]] void live_all(const Crew::Live& live, uint64_t seed, uint64_t end, int out) {
  for (; seed < end; ++seed) {
    alarm(life_max_seconds);
    const Outcome outcome = live(seed);
    Line line;
    line.acknowledged = outcome.acknowledged;
    line.read = outcome.read;
    line.is_wrong = outcome.wrong.has_value();
    if (outcome.wrong) {
      outcome.wrong->copy(line.what.data(), line.what.size() - 1);
    }
    if (write(out, &line, sizeof line) != sizeof line) {
      break;
    }
  }
  _exit(0);
}

// Whole lines: they are written in one piece. False at the end.
bool read_line(int from, Line& line) {
  size_t have = 0;
  while (have < sizeof line) {
    const ssize_t count = read(from, reinterpret_cast<char*>(&line) + have, sizeof line - have);
    if (count <= 0) {
      return false;
    }
    have += static_cast<size_t>(count);
  }
  return true;
}

std::string cause_of_death(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return signal == SIGALRM ? fmt::format("no end after {} s", life_max_seconds)
                             : fmt::format("the process died of {}", strsignal(signal));
  }
  return fmt::format("the process ended with status {}", WEXITSTATUS(status));
}

}  // namespace

void Crew::work(uint64_t first, uint64_t count, const Report& report) {
  std::map<int, Child> children;  // by the pipe that we hear them through
  const uint64_t end = count > UINT64_MAX - first ? UINT64_MAX : first + count;
  bool wants_more = true;
  const auto send_out = [&](uint64_t seed, uint64_t until) {
    int ends[2];
    ensure(pipe(ends) == 0, "a pipe can be made");
    const pid_t pid = fork();
    ensure(pid >= 0, "a process can be forked");
    if (pid == 0) {
      close(ends[0]);
      live_all(live_, seed, until, ends[1]);
    }
    close(ends[1]);
    children.emplace(ends[0], Child{.pid = pid, .next = seed, .end = until});
  };
  uint64_t next = first;
  for (;;) {
    while (wants_more && next < end && children.size() < children_) {
      const uint64_t until = std::min(end, next + seeds_per_child);
      send_out(next, until);
      next = until;
    }
    if (children.empty()) {
      return;
    }
    std::vector<pollfd> heard;
    for (const auto& [from, child] : children) {
      heard.push_back({.fd = from, .events = POLLIN, .revents = 0});
    }
    ensure(poll(heard.data(), heard.size(), -1) > 0, "children can be waited for");
    for (const pollfd& ready : heard) {
      if (ready.revents == 0) {
        continue;
      }
      Child& child = children.at(ready.fd);
      Line line;
      if (read_line(ready.fd, line)) {
        const Outcome outcome{.wrong = line.is_wrong ? std::optional<std::string>(line.what.data()) : std::nullopt,
                              .acknowledged = line.acknowledged,
                              .read = line.read};
        wants_more = report(child.next++, outcome) && wants_more;
        if (!wants_more) {
          kill(child.pid, SIGKILL);
        }
        continue;
      }
      int status = 0;
      waitpid(child.pid, &status, 0);
      close(ready.fd);
      const Child gone = child;
      children.erase(ready.fd);
      if (gone.next < gone.end && wants_more) {
        wants_more = report(gone.next, {.wrong = cause_of_death(status), .acknowledged = 0, .read = 0});
        if (wants_more && gone.next + 1 < gone.end) {
          send_out(gone.next + 1, gone.end);
        }
      }
    }
  }
}

}  // namespace odradek::sim
