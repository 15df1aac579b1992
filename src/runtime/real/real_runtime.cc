#include "runtime/real/real_runtime.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <random>
#include <string>

#include "runtime/real/errno_error.h"
#include "runtime/real/io_threads.h"
#include "runtime/real/loop.h"
#include "runtime/real/real_shard.h"

namespace odradek::runtime {
namespace {

sigset_t stopping_signals() {
  sigset_t stopping;
  sigemptyset(&stopping);
  sigaddset(&stopping, SIGTERM);
  sigaddset(&stopping, SIGINT);
  return stopping;
}

// A terminal that goes away stops the process too, unless it was started to outlive it (nohup).
sigset_t watched_signals() {
  sigset_t watched = stopping_signals();
  struct sigaction on_hangup{};
  if (::sigaction(SIGHUP, nullptr, &on_hangup) == 0 && on_hangup.sa_handler != SIG_IGN) {
    sigaddset(&watched, SIGHUP);
  }
  return watched;
}

}  // namespace

uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return 1024;  // what every system grants
  }
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

RealRuntime::RealRuntime() = default;

Result<std::unique_ptr<RealRuntime>> RealRuntime::start(RealOptions options) {
  const uint32_t shards = options.shards > 0 ? options.shards : std::max(1U, std::thread::hardware_concurrency());
  const uint64_t limit = raise_descriptor_limit();
  const uint64_t files_max = options.file_descriptors_max > 0 ? options.file_descriptors_max : limit / 4 * 3;
  std::random_device system_chance;
  Random seeds(options.seed ? *options.seed : (uint64_t{system_chance()} << 32 | system_chance()));
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));

  std::unique_ptr<RealRuntime> made(new RealRuntime);
  if (options.watch_signals) {
    const sigset_t watched = watched_signals();
    pthread_sigmask(SIG_BLOCK, &watched, nullptr);  // the threads started below inherit it
  }
  made->io_threads_ = std::make_unique<IoThreads>(std::max(1U, options.io_threads));
  for (uint32_t i = 0; i < shards; ++i) {
    const auto files_of_shard = static_cast<size_t>(std::max<uint64_t>(1, files_max / shards));
    made->shards_.push_back(std::make_unique<RealShard>(ShardId{i}, *made->io_threads_, files_of_shard, seeds.next()));
  }
  if (options.watch_signals) {
    TRY(made->watch_signals());
  }
  for (const auto& shard : made->shards_) {
    made->start_thread(*shard, options.pin);
  }
  return made;
}

RealRuntime::~RealRuntime() {
  for (const auto& shard : shards_) {
    shard->stop();
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
  // An answer still on its way goes to a shard that reads it no more; so the shards go last.
  io_threads_.reset();
}

Shard& RealRuntime::at(ShardId id) { return *shards_.at(id.raw()); }

void RealRuntime::start_thread(RealShard& shard, bool pin) {
  threads_.emplace_back([&shard, pin] {
    const uint32_t number = shard.id().raw();
    pthread_setname_np(pthread_self(), ("shard-" + std::to_string(number)).c_str());
    if (pin) {
      cpu_set_t cores;
      CPU_ZERO(&cores);
      CPU_SET(number % std::max(1U, std::thread::hardware_concurrency()), &cores);
      pthread_setaffinity_np(pthread_self(), sizeof cores, &cores);
    }
    shard.run();
  });
}

Result<> RealRuntime::watch_signals() {
  const sigset_t watched = watched_signals();
  const int fd = ::signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd < 0) {
    return errno_error(errno, "watching signals");
  }
  RealShard& first = *shards_.front();
  signals_ = std::make_unique<WatchedDescriptor>(first.loop(), first, fd);
  return {};
}

void RealRuntime::unwatch_signals() {
  const sigset_t stopping = stopping_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &stopping, nullptr);
}

Task<int> RealRuntime::next_signal() {
  ensure(signals_ != nullptr, "signals are watched only if the options say so");
  for (;;) {
    signalfd_siginfo signal{};
    if (::read(signals_->fd(), &signal, sizeof signal) == sizeof signal) {
      co_return static_cast<int>(signal.ssi_signo);
    }
    signals_->used_up(WatchedDescriptor::Direction::Read);
    co_await signals_->readable();
  }
}

}  // namespace odradek::runtime
