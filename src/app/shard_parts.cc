#include "app/shard_parts.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "app/connection_rules.h"
#include "app/group_rules.h"
#include "app/interval.h"
#include "app/topic_rules.h"
#include "runtime/shard.h"

namespace odradek::app {
namespace {

server::ServerOptions server_options(const config::BrokerConfig& config, size_t shards) {
  // queued.max.request.bytes is the whole process's; unset, there is still a bound.
  constexpr uint64_t request_memory_default = uint64_t{512} << 20;
  const int64_t asked = config.get_int("queued.max.request.bytes");
  const uint64_t memory = asked > 0 ? static_cast<uint64_t>(asked) : request_memory_default;
  return {.frame_size_max = static_cast<int32_t>(config.get_int("socket.request.max.bytes")),
          .idle_max = connection_idle_max(config),
          .request_memory_max = std::max<uint64_t>(memory / shards, 1)};
}

replication::FlushIntervals flush_intervals(const config::BrokerConfig& config) {
  using Milliseconds = std::chrono::milliseconds;
  // Beyond any uptime, and what the clock can count.
  constexpr int64_t never = std::chrono::duration_cast<Milliseconds>(runtime::Duration::max()).count();
  return {.background = Milliseconds(config.get_int("odradek.flush.interval.ms")),
          .scheduled = Milliseconds(std::clamp<int64_t>(config.get_int("log.flush.scheduler.interval.ms"), 1, never))};
}

size_t fetch_sessions_max(const config::BrokerConfig& config, size_t shards) {
  const auto slots = static_cast<size_t>(config.get_int("max.incremental.fetch.session.cache.slots"));
  return (slots + shards - 1) / shards;
}

}  // namespace

ShardParts::ShardParts(SharedParts shared)
    : shared_(shared),
      config_(std::make_shared<config::BrokerConfig>(shared.static_config)),
      fetch_sessions_(fetch_sessions_max(shared.static_config, shared.router.shard_count())),
      producer_ids_(shared.controller, shared.identity.id),
      services_{.broker = shared.identity,
                .partitions = shared.router,
                .images = images_,
                .controller = shared.controller,
                .config = config_,
                .fetch_sessions = fetch_sessions_,
                .producer_ids = producer_ids_,
                .groups = shared.groups,
                .stopping = stopping_},
      server_(services_, server_options(shared.static_config, shared.router.shard_count()), shared.connections) {
  const runtime::ShardId here = runtime::Shard::current().id();
  auto owns = [&router = shared.router, here](const PartitionId& id) { return router.owner(id) == here; };
  auto rules = [this](const metadata::MetadataImage& image, std::string_view topic) {
    return topic_rules(image, topic, *config_);
  };
  shared.router.set_table(
      here, std::make_unique<replication::PartitionTable>(shared.identity.id, shared.identity.log_directories,
                                                          std::move(owns), std::move(rules)));
  partitions().forget_retired_by(shared_.forget_retired);
  groups_ = std::make_unique<coordinator::GroupCoordinator>(shared.identity.id, images_, partitions(),
                                                            group_options(*config_));
  shared.groups.set(here, groups_.get());
  shared.connections.set(here, &server_);
  partitions().report_failures_to(shared_.directory_failed);
}

void ShardParts::publish(const metadata::ImageUpdate& update) {
  const auto changes_broker = [](const metadata::ConfigResource& resource) {
    return resource.type == metadata::ConfigResourceType::Broker;
  };
  if (std::ranges::any_of(update.changes->configs, changes_broker)) {
    adopt_config(*update.image);
  }
  partitions().apply(update);
  images_.publish(update);
  groups_->apply(update);
}

void ShardParts::adopt_config(const metadata::MetadataImage& image) {
  auto config = std::make_shared<config::BrokerConfig>(shared_.static_config);
  const std::string self = fmt::format("{}", shared_.identity.id);
  config->set_dynamic(image.configs(metadata::ConfigResourceType::Broker, self),
                      image.configs(metadata::ConfigResourceType::Broker, ""));
  config_ = config;
  if (runtime::Shard::current().id() == runtime::ShardId{0}) {
    shared_.connection_limits.set(connection_limits(*config_));
  }
  services_.config = std::move(config);
  groups_->update_options(group_options(*config_));
  partitions().refresh_rules(image);
}

void ShardParts::start_upkeep() {
  tasks_.spawn(upkeep());
  partitions().start_flushing(shared_.sync_directory, flush_intervals(*config_));
}

runtime::Task<void> ShardParts::upkeep() {
  runtime::Shard& shard = runtime::Shard::current();
  runtime::Waiter waiter;
  waiter.subscribe(stopping_.begun);
  while (!stopping_.has_begun) {
    const runtime::Deadline due = shard.in(interval(config_->get_int("log.retention.check.interval.ms")));
    const bool woken = co_await waiter.wait(due);
    if (!woken) {
      co_await partitions().upkeep();
    }
  }
}

runtime::Task<void> ShardParts::drain(runtime::Deadline deadline) {
  stopping_.begin();
  co_await groups_->stop();
  co_await server_.drain(deadline);
  co_await tasks_.join();
}

}  // namespace odradek::app
