#include "recording.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>

namespace odradek::faults {
namespace {

struct Head {
  uint32_t size;  // of all that follows
  uint32_t effect;
  uint64_t time;  // CLOCK_MONOTONIC, nanoseconds
  uint64_t inode;
  uint64_t from;
  uint64_t number;
  uint32_t call;
  uint32_t path_size;
  uint32_t other_size;
  uint32_t bytes_size;
};

uint64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace

Recording& Recording::of_this_process() {
  // Never destroyed: files are written until the very end of the process.
  static auto* recording = new Recording;
  return *recording;
}

Recording::Recording() {
  const char* file = std::getenv("ODRADEK_RECORDING");
  const char* root = std::getenv("ODRADEK_RECORDED_ROOT");
  if (file == nullptr || root == nullptr) {
    return;
  }
  root_ = root;
  fd_ = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (fd_ < 0) {
    std::abort();
  }
  append({.effect = Effect::Started, .path = {}, .other = {}, .bytes = {}});
  die_when_told();
}

// SIGUSR2 ends the process as kill -9 would, but never between an effect and its entry.
void Recording::die_when_told() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGUSR2);
  sigset_t all;
  sigfillset(&all);
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, &all, &before);  // for the thread: every other signal is for the program's own
  std::thread([this, wanted] {
    int got = 0;
    sigwait(&wanted, &got);
    order.lock();
    ::_exit(137);
  }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
}

bool Recording::covers(const std::string& path) const {
  return path.starts_with(root_) && (path.size() == root_.size() || path[root_.size()] == '/');
}

std::string Recording::resolve(int directory, const char* path) {
  if (path[0] == '/') {
    return path;
  }
  std::array<char, 4096> base{};
  if (directory == AT_FDCWD) {
    if (::getcwd(base.data(), base.size()) == nullptr) {
      return path;
    }
  } else {
    const std::string link = "/proc/self/fd/" + std::to_string(directory);
    if (::readlink(link.c_str(), base.data(), base.size() - 1) < 0) {
      return path;
    }
  }
  return std::string(base.data()) + "/" + path;
}

void Recording::append(const Entry& entry) {
  Head head{.size = 0,
            .effect = static_cast<uint32_t>(entry.effect),
            .time = now(),
            .inode = entry.inode,
            .from = entry.from,
            .number = entry.number,
            .call = static_cast<uint32_t>(entry.call),
            .path_size = static_cast<uint32_t>(entry.path.size()),
            .other_size = static_cast<uint32_t>(entry.other.size()),
            .bytes_size = static_cast<uint32_t>(entry.bytes.size())};
  const size_t size = sizeof(head) + entry.path.size() + entry.other.size() + entry.bytes.size();
  head.size = static_cast<uint32_t>(size - sizeof(head.size));
  std::string whole(reinterpret_cast<const char*>(&head), sizeof(head));
  whole += entry.path;
  whole += entry.other;
  whole += entry.bytes;
  if (::syscall(SYS_write, fd_, whole.data(), whole.size()) != static_cast<long>(whole.size())) {
    std::abort();
  }
}

void Recording::follow(int fd, bool follows) {
  if (fd >= 0 && fd < descriptors_max) {
    followed_[fd] = follows ? 1 : 0;
  }
}

bool Recording::is_followed(int fd) const { return is_on() && fd >= 0 && fd < descriptors_max && followed_[fd] != 0; }

}  // namespace odradek::faults
