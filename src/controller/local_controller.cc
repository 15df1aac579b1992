// LocalController: starting, stopping and what goes on between calls. The calls are in controller_calls.cc.
#include "controller/local_controller.h"

#include <fmt/format.h>

#include "controller/leader_decisions.h"
#include "metadata/image_records.h"
#include "runtime/random.h"
#include "runtime/shard.h"

namespace odradek::controller {

namespace {

struct Done {};

}  // namespace

LocalController::LocalController(runtime::ShardSet& shards, runtime::ShardId home, EmbeddedVoterLog& log,
                                 config::BrokerConfig config, LocalControllerOptions options,
                                 ImageFollower::Callback publish)
    : shards_(shards),
      home_(home),
      log_(log),
      config_(std::move(config)),
      options_(std::move(options)),
      publish_(std::move(publish)),
      follower_([this](const metadata::ImageUpdate& update) { on_update(update); }),
      machine_(log, [] { return std::make_unique<ClusterState>(); }),
      last_snapshot_() {}

DecisionContext LocalController::decision_context() const {
  return {.config = config_, .new_uuid = [] { return runtime::Shard::current().random().uuid(); }};
}

runtime::Async<> LocalController::start() {
  last_snapshot_ = runtime::Shard::current().now();
  CO_TRY(co_await log_.subscribe(follower_));
  CO_TRY(co_await log_.claim());
  CO_TRY(co_await machine_.start());
  if (machine_.state()->is_in_transaction()) {
    logger_.warn("metadata_transaction_aborted").with("reason", "whoever began it leads no more");
    CO_TRY(co_await append_all(abort_transaction(*machine_.state())));
  }
  if (follower_.image()->metadata_version() == 0) {
    CO_TRY(co_await machine_.execute([this](const ClusterState&) {
      return machine::Decision<Done>{.records = bootstrap(options_.bootstrap, decision_context()).take(), .reply = {}};
    }));
  }
  take_dynamic_config(*follower_.image());
  CO_TRY(const Registered registered, co_await machine_.execute([this](const ClusterState& state) {
    return register_node(state, options_.node, log_.end_offset());
  }));
  broker_epoch_ = registered.epoch;
  CO_TRY(co_await write(fence_others));
  CO_TRY(co_await write(unfence));
  CO_TRY(co_await write(elections_for_arrival));
  follower_.catch_up();
  co_return Result<>{};
}

runtime::Async<> LocalController::depart() {
  CO_TRY(co_await write(begin_controlled_shutdown));
  CO_TRY(co_await write(elections_for_departure));
  CO_TRY(co_await write(fence));
  co_await drain();
  co_return Result<>{};
}

runtime::Task<void> LocalController::drain() {
  log_.unsubscribe(follower_);
  co_await tasks_.join();
}

runtime::Async<> LocalController::write(RecordList (*make)(const ClusterState&, NodeId)) {
  CO_TRY(co_await machine_.start());
  co_return co_await append_all(make(*machine_.state(), options_.node.id));
}

// Records that stand for themselves, in as many batches as the log takes at once.
runtime::Async<> LocalController::append_all(RecordList list) {
  const size_t bytes_max = log_.batch_bytes_max() / 2;  // leaves room for what frames each record
  std::vector<machine::LogRecord> records = std::move(list).take();
  for (size_t i = 0; i < records.size();) {
    std::vector<machine::LogRecord> batch;
    for (size_t bytes = 0; i < records.size() && bytes < bytes_max; ++i) {
      bytes += records[i].value->size();
      batch.push_back(std::move(records[i]));
    }
    CO_TRY(co_await machine_.execute(
        [&batch](const ClusterState&) { return machine::Decision<Done>{.records = std::move(batch), .reply = {}}; }));
  }
  co_return Result<>{};
}

void LocalController::on_update(const metadata::ImageUpdate& update) {
  for (const metadata::ConfigResource& resource : update.changes->configs) {
    if (resource.type == metadata::ConfigResourceType::Broker) {
      take_dynamic_config(*update.image);
      break;
    }
  }
  publish_(update);
  const runtime::MonotonicTime now = runtime::Shard::current().now();
  const bool is_due =
      log_.bytes_since_snapshot() >= options_.snapshot_after_bytes || now - last_snapshot_ >= options_.snapshot_after;
  if (is_due && !is_writing_snapshot_) {
    is_writing_snapshot_ = true;
    last_snapshot_ = now;
    tasks_.spawn(write_snapshot(update.image));
  }
}

void LocalController::take_dynamic_config(const metadata::MetadataImage& image) {
  using metadata::ConfigResourceType;
  config_.set_dynamic(image.configs(ConfigResourceType::Broker, fmt::format("{}", options_.node.id.raw())),
                      image.configs(ConfigResourceType::Broker, ""));
}

runtime::Task<void> LocalController::write_snapshot(metadata::SharedImage image) {
  std::vector<machine::LogRecord> records;
  metadata::write_image(*image, [&](Bytes record) { records.push_back({.key = {}, .value = std::move(record)}); });
  const Result<> written = co_await log_.write_snapshot(image->position().offset + 1, std::move(records));
  if (!written) {
    logger_.warn("metadata_snapshot_failed").with("error", written.error().message);
  }
  is_writing_snapshot_ = false;
}

}  // namespace odradek::controller
