// Starting a broker, in order. Its log directories are in broker_directories.cc, stopping it is in broker_stop.cc.
#include "app/broker.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "app/connection_rules.h"
#include "app/interval.h"
#include "controller/formatter.h"
#include "controller/metadata_inspection.h"
#include "model/topic_name.h"
#include "runtime/file.h"
#include "runtime/random.h"
#include "runtime/shard.h"

namespace odradek::app {
namespace {

// What voters are told to reach this node's controller by, where no controller listener is configured: Kafka's sample.
constexpr std::string_view controller_listener_default = "CONTROLLER";
constexpr uint16_t controller_port_default = 9093;

runtime::SocketOptions socket_options(const config::BrokerConfig& config) {
  // Kafka's 100 KiB buffers are smaller than what systems choose by themselves: only what was asked for is set.
  const auto asked = [&config](std::string_view name) {
    return config.is_set_statically(name) ? static_cast<int32_t>(config.get_int(name)) : int32_t{-1};
  };
  return {.send_buffer_bytes = asked("socket.send.buffer.bytes"),
          .receive_buffer_bytes = asked("socket.receive.buffer.bytes"),
          .backlog = static_cast<int32_t>(config.get_int("socket.listen.backlog.size"))};
}

Error cannot_listen(Error why) {
  why.message += why.code == Errc::AddressInUse
                     ? ": stop what listens there, or name another port in listeners"
                     : ": name an address of this machine in listeners, and a port that this process may open";
  return why;
}

}  // namespace

Broker::Broker(runtime::ShardSet& shards, config::BrokerConfig config, BrokerOptions options)
    : shards_(shards),
      config_(std::move(config)),
      options_(options),
      identity_{
          .id = NodeId{static_cast<int32_t>(config_.get_int("node.id"))}, .cluster_id = {}, .log_directories = {}},
      router_(shards),
      groups_(router_),
      connections_(shards_),
      parts_(shards.size()) {}

runtime::Async<std::unique_ptr<Broker>> Broker::start(runtime::ShardSet& shards, config::BrokerConfig config,
                                                      BrokerOptions options) {
  std::unique_ptr<Broker> broker(new Broker(shards, std::move(config), options));
  const Result<> up = co_await broker->run_up();
  if (!up) {
    [[maybe_unused]] const bool was_clean = co_await broker->stop([](size_t) {});
    co_return std::unexpected(up.error());
  }
  co_return broker;
}

runtime::Async<> Broker::run_up() {
  // Ports first, then locks, then looking: until all of it has been found to be ours, nothing on disk changes.
  CO_TRY(co_await listen());
  CO_TRY(co_await open_directories());
  for (const Directory& directory : directories_) {
    co_await reserves_.add(directory.files->path(), options_.reserve_bytes);
  }
  CO_TRY(co_await format_new_directories());
  CO_TRY(co_await open_controller());
  co_await make_shards();
  CO_TRY(co_await expect_partitions());
  // Before the first log is opened: what must be forgotten with a stray one is written at once.
  checkpoints_ = std::make_unique<Checkpoints>(
      log_directory_files(), router_,
      CheckpointIntervals{
          .high_watermarks = interval_or_never(config_.get_int("replica.high.watermark.checkpoint.interval.ms")),
          .recovery_points = interval_or_never(config_.get_int("log.flush.offset.checkpoint.interval.ms"))});
  CO_TRY(co_await controller_->start());

  has_state_ = true;
  checkpoints_->start();
  cleaners_ = std::make_unique<Cleaners>(router_, [this] { return cleaners_options(parts_.front()->config()); });
  cleaners_->start();
  replica_directories_ = std::make_unique<ReplicaDirectories>(identity_, controller_->broker_epoch(), router_,
                                                              *controller_, [this] { return parts_.front()->image(); });
  replica_directories_->start();
  reserves_.start([this](size_t directory, bool is_full) { return tell_full(directory, is_full); });
  co_await retire_strays();  // before their names can be used again
  for (const Bound& bound : bound_) {
    bound.acceptor->start();
  }
  co_return Result<>{};
}

runtime::Async<> Broker::listen() {
  connection_limits_ = std::make_shared<net::ConnectionLimits>(connection_limits(config_));
  for (const config::Listener& listener : config_.listeners()) {
    const std::vector<std::string> hosts = listener.bind_hosts();
    bool is_bound = false;
    for (const std::string& host : hosts) {
      // What is advertised is one port: where any free one will do, the second address takes that of the first.
      const uint16_t port = is_bound ? bound_.back().acceptor->local().port : listener.port;
      const auto sink = [this, name = listener.name](std::unique_ptr<runtime::Socket> socket,
                                                     net::ConnectionSlot slot) {
        parts_[runtime::Shard::current().id().raw()]->take(std::move(socket), name, std::move(slot));
      };
      auto acceptor = co_await net::Acceptor::open(
          shards_, {.listener = listener.name, .at = {.host = host, .port = port}, .socket = socket_options(config_)},
          connection_limits_, sink);
      if (acceptor) {
        bound_.push_back({.listener = listener, .acceptor = *std::move(acceptor)});
        is_bound = true;
        continue;
      }
      // A machine without IPv6 has no ::1: one of the two loopback addresses is enough. But what somebody else answers
      // on the other would be taken for ours.
      const bool is_taken = acceptor.error().code == Errc::AddressInUse && listener.port != 0;
      if (is_taken || (!is_bound && &host == &hosts.back())) {
        co_return std::unexpected(cannot_listen(acceptor.error()));
      }
    }
  }
  co_return Result<>{};
}

runtime::Async<> Broker::open_controller() {
  const Directory& directory = directories_[metadata_directory_];
  controller::EmbeddedVoterOptions options{
      .place = directory.files->place_for({.topic = std::string(metadata_topic_name), .index = PartitionIndex{0}}),
      .node = identity_.id,
      .directory = directory.id,
      .endpoints = controller_endpoints(),
      .log = {},
      .retention_bytes_max = static_cast<uint64_t>(config_.get_int("metadata.max.retention.bytes")),
      .failed = [this](const Error& why) { directory_failed(metadata_directory_, why); }};
  options.log.segment_bytes_max = static_cast<uint64_t>(config_.get_int("metadata.log.segment.bytes"));
  options.log.segment_age_max = std::chrono::milliseconds(config_.get_int("metadata.log.segment.ms"));
  options.log.deletes = false;
  if (!inspection_) {
    CO_TRY(inspection_, co_await controller::inspect_metadata(options.place.directory));
    CO_TRY(bootstrap_, co_await controller::read_bootstrap_records(directory.files->path()));
  }
  CO_TRY(metadata_log_, co_await controller::EmbeddedVoterLog::open(std::move(options), *inspection_));
  controller_ = std::make_unique<controller::LocalController>(
      shards_, runtime::Shard::current().id(), *metadata_log_, config_,
      controller::LocalControllerOptions{
          .node = registration(),
          .bootstrap = std::move(bootstrap_),
          .snapshot_after_bytes =
              static_cast<uint64_t>(config_.get_int("metadata.log.max.record.bytes.between.snapshots")),
          .snapshot_after = interval_or_never(config_.get_int("metadata.log.max.snapshot.interval.ms"))},
      [this](const metadata::ImageUpdate& update) { publish(update); });
  co_return Result<>{};
}

std::vector<storage::LogDirectory*> Broker::log_directory_files() {
  std::vector<storage::LogDirectory*> files;
  files.reserve(log_directories_);
  for (const Directory& directory : log_directories_here()) {
    files.push_back(directory.files.get());
  }
  return files;
}

runtime::Task<void> Broker::make_shards() {
  directory_syncs_ = std::make_unique<DirectorySyncs>(shards_, log_directory_files());
  co_await shards_.on_all([this]() -> runtime::Task<void> {
    const uint32_t here = runtime::Shard::current().id().raw();
    parts_[here] = std::make_unique<ShardParts>(SharedParts{
        .identity = identity_,
        .router = router_,
        .groups = groups_,
        .controller = *controller_,
        .static_config = config_,
        .connection_limits = *connection_limits_,
        .connections = connections_,
        .forget_retired = [this] { return forget_retired(); },
        .sync_directory = [this](size_t directory) { return directory_syncs_->sync(directory); },
        .directory_failed = [this](size_t directory, const Error& why) { directory_failed(directory, why); }});
    parts_[here]->start_upkeep();
    co_return;
  });
}

runtime::Async<> Broker::expect_partitions() {
  std::vector<std::vector<storage::FoundPartition>> found(shards_.size());
  std::vector<std::string> leftovers;
  bool has_unknown_offsets = false;
  for (const Directory& directory : log_directories_here()) {
    CO_TRY(storage::Inventory inventory, co_await directory.files->take_inventory());
    for (storage::FoundPartition& partition : inventory.partitions) {
      const metadata::TopicImage* topic = inspection_->image->topic(partition.place.partition.topic);
      const PartitionId id{.topic = topic == nullptr ? TopicId{} : topic->id, .index = partition.place.partition.index};
      found[router_.owner(id).raw()].push_back(std::move(partition));
    }
    std::ranges::move(inventory.to_remove, std::back_inserter(leftovers));
    has_unknown_offsets = has_unknown_offsets || inventory.has_unknown_offsets;
  }
  co_await shards_.on_all([this, &found, has_unknown_offsets]() -> runtime::Task<void> {
    replication::PartitionTable& table = router_.local();
    if (has_unknown_offsets) {
      table.note_unknown_offsets();
    }
    for (storage::FoundPartition& partition : found[runtime::Shard::current().id().raw()]) {
      table.expect(std::move(partition));
    }
    co_return;
  });
  tasks_.spawn(clear_leftovers(std::move(leftovers)));
  co_return Result<>{};
}

// What was deleted before the last stop.
runtime::Task<void> Broker::clear_leftovers(std::vector<std::string> paths) {
  for (const std::string& path : paths) {
    const Result<> removed = co_await runtime::Shard::current().files().remove_all(path);
    if (!removed) {
      log_.warn("delete_failed").with("directory", path).with("reason", removed.error().message);
    }
  }
}

// What the metadata does not name, now that all of it has been published.
runtime::Task<void> Broker::retire_strays() {
  co_await shards_.on_all([this]() -> runtime::Task<void> { co_await router_.local().retire_strays(); });
}

controller::NodeRegistration Broker::registration() const {
  const auto endpoint = [](const config::Listener& listener) {
    return metadata::EndpointImage{
        .listener = listener.name, .host = listener.host, .port = listener.port, .security_protocol = 0};
  };
  controller::NodeRegistration node{.id = identity_.id,
                                    .incarnation = runtime::Shard::current().random().uuid(),
                                    .endpoints = {},
                                    .controller_endpoints = {},
                                    .rack = config_.find_string("broker.rack"),
                                    .directories = {}};
  for (const config::Listener& listener : config_.advertised_listeners()) {
    metadata::EndpointImage advertised = endpoint(listener);
    const auto bound = std::ranges::find(bound_, listener.name, [](const Bound& b) { return b.listener.name; });
    if (advertised.port == 0 && bound != bound_.end()) {
      advertised.port = bound->acceptor->local().port;
    }
    if (advertised.host.empty()) {
      advertised.host = options_.host_name;
    }
    node.endpoints.push_back(std::move(advertised));
  }
  for (const controller::VoterEndpoint& voter : controller_endpoints()) {
    node.controller_endpoints.push_back(
        {.listener = voter.listener, .host = voter.host, .port = voter.port, .security_protocol = 0});
  }
  for (const replication::LogDirectoryRef& directory : identity_.log_directories) {
    node.directories.push_back(directory.id);
  }
  return node;
}

std::vector<controller::VoterEndpoint> Broker::controller_endpoints() const {
  std::vector<controller::VoterEndpoint> endpoints;
  for (const config::Listener& listener : config_.controller_listeners()) {
    endpoints.push_back({.listener = listener.name,
                         .host = listener.is_wildcard() ? "localhost" : listener.host,
                         .port = listener.port});
  }
  if (endpoints.empty()) {
    endpoints.push_back(
        {.listener = std::string(controller_listener_default), .host = "localhost", .port = controller_port_default});
  }
  return endpoints;
}

// From any shard.
runtime::Async<> Broker::forget_retired() {
  co_return co_await shards_.on(runtime::ShardId{0},
                                [this]() -> runtime::Async<> { co_return co_await checkpoints_->forget_retired(); });
}

// From any shard. For good: what the kernel could not write it may have dropped, and a later sync would not say so.
void Broker::directory_failed(size_t directory, Error why) {
  shards_.at(runtime::ShardId{0}).post([this, directory, why = std::move(why)] {
    log_.error("log_directory_failed")
        .with("directory", directories_[directory].files->path())
        .with("reason", why.message);
    const bool has_partitions = directory < log_directories_;
    for (uint32_t shard = 0; has_partitions && shard < parts_.size(); ++shard) {
      shards_.at(runtime::ShardId{shard}).post([this, directory, why] {
        if (const auto& parts = parts_[runtime::Shard::current().id().raw()]) {
          parts->partitions().fail_directory(directory, why);
        }
      });
    }
    if (directory == metadata_directory_ && halt_) {
      halt_(why);
    }
  });
}

runtime::Task<void> Broker::tell_full(size_t directory, bool is_full) {
  if (directory >= log_directories_) {
    co_return;  // records do not go there, and the metadata may use what the reserve left
  }
  co_await shards_.on_all([this, directory, is_full]() -> runtime::Task<void> {
    router_.local().set_full(directory, is_full);
    co_return;
  });
}

// On the controller's shard. The other shards are told first: whoever is answered afterwards finds it there too.
void Broker::publish(const metadata::ImageUpdate& update) {
  const uint32_t here = runtime::Shard::current().id().raw();
  for (uint32_t shard = 0; shard < parts_.size(); ++shard) {
    if (shard != here) {
      shards_.at(runtime::ShardId{shard}).post([parts = parts_[shard].get(), update] { parts->publish(update); });
    }
  }
  parts_[here]->publish(update);
}

std::vector<std::string> Broker::listening() const {
  std::vector<std::string> addresses;
  for (const Bound& bound : bound_) {
    const runtime::Endpoint& local = bound.acceptor->local();
    const bool is_v6 = local.host.find(':') != std::string::npos;
    addresses.push_back(
        fmt::format("{}://{}{}{}:{}", bound.listener.name, is_v6 ? "[" : "", local.host, is_v6 ? "]" : "", local.port));
  }
  return addresses;
}

}  // namespace odradek::app
