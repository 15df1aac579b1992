// Stopping a broker: the start in reverse, from whatever point it had reached.
#include <utility>

#include "app/broker.h"
#include "runtime/shard.h"

namespace odradek::app {
namespace {

// How long requests in flight may take to be answered once we are stopping.
constexpr runtime::Duration drain_patience = std::chrono::seconds(5);

}  // namespace

runtime::Task<bool> Broker::stop(std::function<void(size_t left)> left) {
  for (const Bound& bound : bound_) {
    co_await bound.acceptor->stop();
  }
  bool is_clean = has_state_;  // otherwise the start did not get that far
  if (parts_.front() != nullptr) {
    co_await shards_.on_all([this]() -> runtime::Task<void> {
      runtime::Shard& shard = runtime::Shard::current();
      co_await parts_[shard.id().raw()]->drain(shard.in(drain_patience));
    });
  }
  co_await tasks_.join();
  co_await reserves_.stop();
  if (replica_directories_ != nullptr) {
    co_await replica_directories_->stop();
  }
  if (cleaners_ != nullptr) {
    co_await cleaners_->stop();
  }
  if (checkpoints_ != nullptr) {
    co_await checkpoints_->stop();
  }
  if (parts_.front() != nullptr) {
    const bool closed = co_await close_partitions(std::move(left));
    is_clean = is_clean && closed;
  }
  if (controller_ != nullptr && has_state_) {
    const Result<> departed = co_await controller_->depart();
    is_clean = is_clean && departed;
  }
  if (controller_ != nullptr) {
    co_await controller_->drain();  // where it could not depart
  }
  if (metadata_log_ != nullptr) {
    const Result<> closed = co_await metadata_log_->close();
    is_clean = is_clean && closed;
  }
  if (is_clean) {
    for (size_t i = 0; i < log_directories_; ++i) {
      const Directory& directory = directories_[i];
      if (router_.local().has_failed(i)) {
        is_clean = false;
        continue;
      }
      const Result<> marked = co_await directory.files->mark_clean(controller_->broker_epoch());
      if (!marked) {
        is_clean = false;
        log_.error("clean_marker_failed")
            .with("directory", directory.files->path())
            .with("reason", marked.error().message);
      }
    }
  }
  // What a failing disk had us tell every shard was posted to the first, and from there to all: it runs before this,
  // and before what follows.
  co_await shards_.on_all([]() -> runtime::Task<void> { co_return; });
  co_await shards_.on_all([this]() -> runtime::Task<void> {
    const runtime::ShardId here = runtime::Shard::current().id();
    parts_[here.raw()].reset();
    router_.set_table(here, nullptr);
    co_return;
  });
  co_return is_clean;
}

// True if everything is on disk, and the checkpoints say so.
runtime::Task<bool> Broker::close_partitions(std::function<void(size_t left)> left) {
  auto closed = co_await shards_.on_all([this, left]() -> runtime::Task<replication::PartitionTable::Closed> {
    const bool reports = runtime::Shard::current().id().raw() == 0;  // `left` belongs to the first shard
    co_return co_await router_.local().close(reports ? left : [](size_t) {});
  });
  bool is_clean = true;
  std::vector<std::vector<replication::DirectoryOffsets>> offsets;
  for (replication::PartitionTable::Closed& shard : closed) {
    is_clean = is_clean && shard.is_clean;
    offsets.push_back(std::move(shard.offsets));
  }
  for (size_t i = 0; i < log_directories_; ++i) {
    const Directory& directory = directories_[i];
    if (router_.local().has_failed(i)) {
      continue;
    }
    const Result<> synced = co_await directory.files->sync();
    if (!synced) {
      is_clean = false;
      log_.error("sync_failed").with("directory", directory.files->path()).with("reason", synced.error().message);
    }
  }
  // The offsets are those of what has just been synced; if that failed, the old checkpoints stand.
  if (has_state_ && is_clean) {
    const bool stored = co_await checkpoints_->store_last(merge(std::move(offsets)));
    is_clean = is_clean && stored;
  }
  co_return is_clean;
}

}  // namespace odradek::app
