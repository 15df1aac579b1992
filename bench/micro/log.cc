// A partition's log on the real runtime: appends, and looking up an offset.

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <benchmark/benchmark.h>

#include "record/batch_builder.h"
#include "runtime/file.h"
#include "runtime/real/real_runtime.h"
#include "storage/offset_index.h"
#include "storage/partition_log.h"

namespace odradek::bench {
namespace {

using runtime::Async;
using runtime::RealRuntime;
using runtime::Task;

// A runtime of one shard and a directory that goes with it.
class Scene {
 public:
  Scene() : runtime_(*RealRuntime::start({.shards = 1, .io_threads = 1})) {
    std::string pattern = std::filesystem::temp_directory_path() / "odradek-micro-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene() { std::filesystem::remove_all(directory_); }

  [[nodiscard]] RealRuntime& runtime() { return *runtime_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  std::unique_ptr<RealRuntime> runtime_;
  std::string directory_;
};

Blob batch_of(size_t records) {
  record::BatchBuilder builder({});
  const Bytes value(100, 'v');
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  for (size_t i = 0; i < records; ++i) {
    builder.append({.timestamp = now_ms, .value = value});
  }
  return Blob(builder.finish());
}

Async<std::unique_ptr<storage::PartitionLog>> make_log(std::string directory) {
  storage::LogPlace place{.directory = directory + "/t-0", .partition = {"t", PartitionIndex{0}}};
  return storage::PartitionLog::create(std::move(place), TopicId{Uuid{1, 2}}, {});
}

Task<bool> append_until(storage::PartitionLog& log, Blob batch, benchmark::State& state) {
  bool good = true;
  for (auto _ : state) {
    const auto appended = co_await log.append(batch, {});
    good = good && appended.has_value();
  }
  const auto closed = co_await log.close();
  co_return good&& closed.has_value();
}

void append_to_log(benchmark::State& state) {
  Scene scene;
  const Blob batch = batch_of(static_cast<size_t>(state.range(0)));
  auto log = scene.runtime().run(make_log(scene.directory()));
  if (!log || !scene.runtime().run(append_until(**log, batch, state))) {
    state.SkipWithError("the log fails");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(batch.size()));
}
// In wall time, since another thread does the work. A fixed number: what is appended stays on the disk until the end.
BENCHMARK(append_to_log)->ArgName("records")->Arg(1)->Iterations(20'000)->UseRealTime();
BENCHMARK(append_to_log)->ArgName("records")->Arg(600)->Iterations(5'000)->UseRealTime();

Task<bool> look_up_until(std::string directory, int64_t entries, benchmark::State& state) {
  auto path = std::make_shared<runtime::DirectoryPath>(std::move(directory));
  storage::OffsetIndex index(Offset{0}, storage::LazyFile(std::move(path), "0.index", false), 0);
  index.table().reset();
  for (int64_t i = 1; i <= entries; ++i) {
    index.append(Offset{i * 40}, static_cast<uint64_t>(i) * 4096);
  }
  bool good = true;
  int64_t target = 0;
  for (auto _ : state) {
    target = (target + 7919 * 40) % (entries * 40);
    const auto found = co_await index.floor(Offset{target});
    good = good && found.has_value();
  }
  co_return good;
}

void look_up_offset(benchmark::State& state) {
  Scene scene;
  if (!scene.runtime().run(look_up_until(scene.directory(), state.range(0), state))) {
    state.SkipWithError("the index fails");
  }
}
// 262,144 entries are a segment of 1 GiB.
BENCHMARK(look_up_offset)->ArgName("entries")->Arg(1024)->Arg(262'144)->UseRealTime();

}  // namespace
}  // namespace odradek::bench
