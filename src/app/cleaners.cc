#include "app/cleaners.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/interval.h"
#include "runtime/shard.h"

namespace odradek::app {
namespace {

constexpr int64_t threads_max = 64;  // whatever a configuration says: each is a task, and they share one memory
constexpr size_t map_bytes_min = 64 << 10;
constexpr size_t buffer_bytes_min = 16 << 10;
constexpr size_t buffer_bytes_max = 8 << 20;

}  // namespace

CleanersOptions cleaners_options(const config::BrokerConfig& config) {
  const bool is_enabled = config.get_bool("log.cleaner.enable");
  const auto threads =
      is_enabled ? static_cast<size_t>(std::min(config.get_int("log.cleaner.threads"), threads_max)) : 0;
  const size_t share = std::max<size_t>(threads, 1);
  const auto map_bytes = static_cast<size_t>(std::max<int64_t>(config.get_int("log.cleaner.dedupe.buffer.size"), 0));
  const auto buffer_bytes = static_cast<size_t>(config.get_int("log.cleaner.io.buffer.size"));
  const double bytes_per_second = config.get_double("log.cleaner.io.max.bytes.per.second");
  return {.threads = threads,
          .backoff = interval(config.get_int("log.cleaner.backoff.ms")),
          .each = {.map_bytes_max = std::max(map_bytes / share, map_bytes_min),
                   .map_load_factor = config.get_double("log.cleaner.io.buffer.load.factor"),
                   .buffer_bytes = std::clamp(buffer_bytes / share / 2, buffer_bytes_min, buffer_bytes_max),
                   .bytes_per_second_max = std::max(bytes_per_second, 1.0) / static_cast<double>(share)}};
}

Cleaners::Cleaners(replication::PartitionRouter& router, OptionsNow options)
    : router_(router), options_(std::move(options)) {}

void Cleaners::start() { tasks_.spawn(supervise()); }

runtime::Task<void> Cleaners::stop() {
  is_stopping_ = true;
  stopping_.notify_all();
  co_await router_.shards().on_all([this]() -> runtime::Task<void> {
    router_.local().stop_cleaning();
    co_return;
  });
  co_await tasks_.join();
}

runtime::Task<void> Cleaners::supervise() {
  runtime::Waiter waiter;
  waiter.subscribe(stopping_);
  while (!is_stopping_) {
    const CleanersOptions options = options_();
    while (workers_ < options.threads) {
      tasks_.spawn(work(workers_++));
    }
    // At least now and then: the backoff may be none at all.
    [[maybe_unused]] const bool woken = co_await waiter.wait(
        runtime::Shard::current().in(std::max<runtime::Duration>(options.backoff, std::chrono::seconds(1))));
    if (!is_stopping_) {
      co_await router_.shards().on_all(
          [this]() -> runtime::Task<void> { co_await router_.local().remove_deleted_files(); });
    }
  }
}

// Ends when there are to be fewer: the last of them first.
runtime::Task<void> Cleaners::work(size_t number) {
  runtime::Waiter waiter;
  waiter.subscribe(stopping_);
  while (!is_stopping_ && (number < options_().threads || number + 1 < workers_)) {
    const bool cleaned = co_await clean_one();
    if (!cleaned && !is_stopping_) {
      // Not at once even without a backoff: each look costs all shards something.
      const runtime::Duration pause = std::max<runtime::Duration>(options_().backoff, std::chrono::milliseconds(10));
      [[maybe_unused]] const bool woken = co_await waiter.wait(runtime::Shard::current().in(pause));
    }
  }
  --workers_;
}

runtime::Task<bool> Cleaners::clean_one() {
  const std::optional<PartitionId> picked = co_await pick();
  if (!picked) {
    co_return false;
  }
  const PartitionId id = *picked;
  const storage::CleanerOptions options = options_().each;
  const bool done = co_await router_.shards().on(router_.owner(id), [this, id, options]() -> runtime::Task<bool> {
    co_return co_await router_.local().clean(id, options);
  });
  std::erase(under_way_, id);
  co_return done;
}

runtime::Task<std::optional<PartitionId>> Cleaners::pick() {
  const auto turn = co_await pick_turn_.acquire();
  if (is_stopping_) {
    co_return std::nullopt;
  }
  const auto found = co_await router_.shards().on_all(
      [this, except = under_way_]() -> runtime::Task<std::optional<replication::DirtyLog>> {
        co_return co_await router_.local().dirtiest(except);
      });
  std::optional<replication::DirtyLog> dirtiest;
  for (const auto& of_shard : found) {
    if (of_shard && (!dirtiest || dirtiest->dirty_share < of_shard->dirty_share)) {
      dirtiest = of_shard;
    }
  }
  if (!dirtiest) {
    co_return std::nullopt;
  }
  under_way_.push_back(dirtiest->id);
  co_return dirtiest->id;
}

}  // namespace odradek::app
