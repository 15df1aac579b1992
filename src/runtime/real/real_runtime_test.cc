#include "runtime/real/real_runtime.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <semaphore>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/file.h"
#include "runtime/real/descriptor_cache.h"
#include "runtime/real/real_accepted.h"
#include "runtime/real/real_file.h"
#include "runtime/task_group.h"
#include "runtime/wait.h"

namespace odradek::runtime {
namespace {

class RealRuntimeTest : public ::testing::Test {
 protected:
  RealRuntimeTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "odradek-real-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~RealRuntimeTest() override { std::filesystem::remove_all(directory_); }

  static std::unique_ptr<RealRuntime> started(RealOptions options) {
    auto runtime = RealRuntime::start(options);
    ensure(runtime.has_value(), "the runtime starts");
    return *std::move(runtime);
  }

  std::string directory_;
};

Task<bool> may_lock_both(std::string path, std::string other) {
  const auto first = co_await Shard::current().files().lock(std::move(path));
  EXPECT_TRUE(first.has_value());
  const auto second = co_await Shard::current().files().lock(std::move(other));
  co_return second.has_value();
}

TEST_F(RealRuntimeTest, ALockIsKnownByAnyPathToItsDirectory) {
  std::filesystem::create_directory(directory_ + "/data");
  std::filesystem::create_directory_symlink("data", directory_ + "/link");
  const auto runtime = started({.shards = 1});
  EXPECT_FALSE(runtime->run(may_lock_both(directory_ + "/data/.lock", directory_ + "/link/.lock")));
}

Task<uint64_t> count_to(std::atomic<uint64_t>& sum, ShardSet& shards, uint64_t calls) {
  for (uint64_t i = 0; i < calls; ++i) {
    const ShardId there{static_cast<uint32_t>(i % shards.size())};
    co_await shards.on(there, [&sum]() -> Task<void> {
      return [](std::atomic<uint64_t>& to) -> Task<void> {
        to += Shard::current().id().raw() + 1;
        co_await yield();
      }(sum);
    });
  }
  co_return sum.load();
}

TEST_F(RealRuntimeTest, CallsCrossShardsAndComeBack) {
  for (const uint32_t shards : {1U, 2U, 4U}) {
    const auto runtime = started({.shards = shards});
    std::atomic<uint64_t> sum = 0;
    const uint64_t total = runtime->run(count_to(sum, *runtime, 1000));
    EXPECT_EQ(total, 1000 / shards * (shards * (shards + 1) / 2));
  }
}

Task<std::vector<uint64_t>> calls_from_everywhere(ShardSet& shards, std::atomic<uint64_t>& sum) {
  co_return co_await shards.on_all([&] { return count_to(sum, shards, 500); });
}

TEST_F(RealRuntimeTest, EveryShardMayCallEveryOtherAtOnce) {
  const auto runtime = started({.shards = 4});
  std::atomic<uint64_t> sum = 0;
  const auto answers = runtime->run(calls_from_everywhere(*runtime, sum));
  EXPECT_EQ(answers.size(), 4U);
  EXPECT_EQ(sum.load(), 4U * 500 / 4 * 10);
}

TEST_F(RealRuntimeTest, SleepingTakesItsTime) {
  const auto runtime = started({.shards = 1});
  const auto before = std::chrono::steady_clock::now();
  runtime->run([]() -> Task<void> { co_await sleep_for(std::chrono::milliseconds(30)); }());
  const auto taken = std::chrono::steady_clock::now() - before;
  EXPECT_GE(taken, std::chrono::milliseconds(29));
  EXPECT_LT(taken, std::chrono::seconds(5));
}

TEST_F(RealRuntimeTest, ALockKeepsAnotherProcessOut) {
  const std::string path = directory_ + "/.lock";
  const auto try_lock = [](std::string at) -> Task<Result<std::unique_ptr<FileLock>>> {
    co_return co_await Shard::current().files().lock(std::move(at));
  };
  const auto runtime = started({.shards = 1});
  auto lock = runtime->run(try_lock(path));
  ASSERT_TRUE(lock.has_value());
  const auto locked_by_another = [&path] {
    const pid_t child = ::fork();
    if (child == 0) {
      const int fd = ::open(path.c_str(), O_RDWR);
      struct flock whole{};
      whole.l_type = F_WRLCK;
      whole.l_whence = SEEK_SET;
      ::_exit(::fcntl(fd, F_SETLK, &whole) == 0 ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  };
  EXPECT_FALSE(locked_by_another());
  lock->reset();
  EXPECT_TRUE(locked_by_another());

  // And the other way round.
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = ::open(path.c_str(), O_RDWR);
    struct flock whole{};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    const char answer = ::fcntl(fd, F_SETLK, &whole) == 0 ? 'y' : 'n';
    ::_exit(::write(ready[1], &answer, 1) == 1 ? ::pause() : 1);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_EQ(runtime->run(try_lock(path)).error().code, Errc::Locked);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(runtime->run(try_lock(path)).has_value());
  ::close(ready[0]);
  ::close(ready[1]);
}

std::string congestion_control_of(int fd) {
  char name[16] = {};
  socklen_t size = sizeof name - 1;
  EXPECT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size), 0);
  return name;
}

Task<std::string> control_of_a_connection_to_oneself() {
  auto& network = Shard::current().network();
  const auto listener = co_await network.listen({.host = "127.0.0.1", .port = 0}, {});
  const auto client = co_await network.connect((*listener)->local(), {});
  EXPECT_TRUE(client.has_value());
  const auto accepted = co_await (*listener)->accept();
  co_return congestion_control_of(dynamic_cast<RealAccepted&>(**accepted).descriptor.get());
}

TEST_F(RealRuntimeTest, ToItselfAMachineSendsWithoutATimer) {
  const OwnedDescriptor fresh(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const std::string of_the_system = congestion_control_of(fresh.get());
  const auto runtime = started({.shards = 1});
  const std::string wanted = of_the_system.starts_with("bbr") ? "reno" : of_the_system;
  EXPECT_EQ(runtime->run(control_of_a_connection_to_oneself()), wanted);
}

TEST_F(RealRuntimeTest, SignalsAreHandedToWhoeverAwaitsThem) {
  const auto runtime = started({.shards = 2, .watch_signals = true});
  for (const int sent : {SIGTERM, SIGINT, SIGHUP}) {
    const int signal = runtime->run([](RealRuntime& running, int to_send) -> Task<int> {
      ::kill(::getpid(), to_send);
      co_return co_await running.next_signal();
    }(*runtime, sent));
    EXPECT_EQ(signal, sent);
  }
}

TEST_F(RealRuntimeTest, TheCacheClosesTheLeastLatelyUsedButNeverOneThatIsHeld) {
  DescriptorCache cache(2);
  const auto fill = [&](DescriptorCache::Slot& slot, const char* name) {
    auto opened = cache.open(directory_ + "/" + name, O_RDWR | O_CREAT);
    ASSERT_TRUE(opened.has_value());
    slot.fill(*std::move(opened));
  };
  DescriptorCache::Slot a(cache);
  DescriptorCache::Slot b(cache);
  DescriptorCache::Slot c(cache);
  fill(a, "a");
  fill(b, "b");
  const auto held = a.use();
  static_cast<void>(b.use());
  fill(c, "c");
  EXPECT_EQ(cache.open_count(), 2U);
  EXPECT_NE(a.use(), nullptr);
  EXPECT_EQ(b.use(), nullptr);
  EXPECT_NE(c.use(), nullptr);
}

// Whether this process has a file open that has been removed.
bool holds_a_removed_file() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the iterator's own descriptor, say
    if (std::filesystem::read_symlink(entry, gone).string().ends_with(" (deleted)")) {
      return true;
    }
  }
  return false;
}

TEST_F(RealRuntimeTest, ALargeRemovedFileIsClosedByAnIoThread) {
  DescriptorCache cache(10);
  std::binary_semaphore may_go_on(0);
  {
    IoThreads threads(1);
    threads.submit([&] { may_go_on.acquire(); });
    {
      RealFile file(threads, cache, std::make_shared<DirectoryPath>(directory_), "large", true);
      ASSERT_TRUE(file.open_first(O_CREAT).has_value());
      std::filesystem::resize_file(directory_ + "/large", large_file_bytes + 1);
      std::filesystem::remove(directory_ + "/large");
    }
    EXPECT_TRUE(holds_a_removed_file()) << "closing it frees its blocks, and the only thread for that is busy";
    may_go_on.release();
  }
  EXPECT_FALSE(holds_a_removed_file());
  EXPECT_EQ(cache.open_count(), 0U);
}

// How the process behaves when its descriptors run out, in a child with few of them.
TEST_F(RealRuntimeTest, RunningOutOfDescriptorsClosesCachedFilesAndTriesAgain) {
  const pid_t child = ::fork();
  if (child == 0) {
    DescriptorCache cache(1'000'000);
    const rlimit few{.rlim_cur = 40, .rlim_max = 40};
    bool good = ::setrlimit(RLIMIT_NOFILE, &few) == 0;
    std::vector<std::unique_ptr<DescriptorCache::Slot>> slots;
    for (int i = 0; i < 200 && good; ++i) {
      slots.push_back(std::make_unique<DescriptorCache::Slot>(cache));
      auto opened = cache.open(directory_ + "/" + std::to_string(i), O_RDWR | O_CREAT);
      good = opened.has_value();
      if (good) {
        slots.back()->fill(*std::move(opened));
      }
    }
    std::vector<std::shared_ptr<const OpenDescriptor>> held;
    Errc last = Errc::Unknown;
    for (int i = 0; i < 200 && last == Errc::Unknown; ++i) {
      auto opened = cache.open(directory_ + "/" + std::to_string(i), O_RDWR);
      if (opened) {
        held.push_back(*std::move(opened));
      } else {
        last = opened.error().code;
      }
    }
    ::_exit(good && last == Errc::TooManyOpenFiles ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

// Opens files until there is no descriptor left.
Task<void> open_all(Directory directory, std::vector<std::unique_ptr<File>>& open) {
  for (int left = ::open("/", O_RDONLY); left >= 0; left = ::open("/", O_RDONLY)) {
    ::close(left);
    auto file = co_await Shard::current().files().open(directory, std::to_string(open.size()), OpenMode::Create);
    ensure(file.has_value(), "there is a descriptor");
    open.push_back(*std::move(file));
  }
}

Task<bool> syncs_and_lists_without_a_descriptor_left(std::string at) {
  FileSystem& files = Shard::current().files();
  const auto directory = std::make_shared<DirectoryPath>(at);
  std::vector<std::unique_ptr<File>> open;
  co_await open_all(directory, open);
  const Result<> synced = co_await files.sync_directory(at);
  co_await open_all(directory, open);
  const auto listed = co_await files.list(at);
  co_return synced.has_value() && listed.has_value() && listed->size() == open.size();
}

TEST_F(RealRuntimeTest, DirectoriesNeedNoDescriptorOfTheirOwn) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit few{.rlim_cur = 80, .rlim_max = 80};
    bool good = ::setrlimit(RLIMIT_NOFILE, &few) == 0;
    const auto runtime = started({.shards = 1, .io_threads = 1, .file_descriptors_max = 1000});
    good = good && runtime->run(syncs_and_lists_without_a_descriptor_left(directory_));
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace odradek::runtime
