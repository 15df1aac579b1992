// What one shard is made of: its image, its partitions, its connections, its upkeep.
#pragma once

#include <memory>
#include <string_view>

#include "api/services.h"
#include "config/broker_config.h"
#include "coordinator/group/group_coordinator.h"
#include "coordinator/group/group_router.h"
#include "metadata/image_feed.h"
#include "net/connection_limits.h"
#include "observe/log.h"
#include "replication/partition_router.h"
#include "runtime/task_group.h"
#include "server/shard_server.h"

namespace odradek::app {

// What all shards share, owned by the Broker.
struct SharedParts {
  const api::BrokerIdentity& identity;
  replication::PartitionRouter& router;
  coordinator::GroupRouter& groups;
  machine::ControllerChannel& controller;
  const config::BrokerConfig& static_config;  // without dynamic values
  net::ConnectionLimits& connection_limits;   // of the first shard
  server::ConnectionExchange& connections;
  replication::PartitionTable::Forget forget_retired;  // these may be called on any shard
  replication::LogFlusher::SyncAll sync_directory;
  replication::PartitionTable::DirectoryFailed directory_failed;
};

// Made, used and destroyed on its shard. It puts the shard's PartitionTable into the router.
class ShardParts {
 public:
  explicit ShardParts(SharedParts shared);

  // The shard hears of a new image: first its partitions, then its handlers.
  void publish(const metadata::ImageUpdate& update);

  // Begins retention and the other work that comes round by itself.
  void start_upkeep();

  void take(std::unique_ptr<runtime::Socket> socket, std::string_view listener, net::ConnectionSlot slot) {
    server_.take(std::move(socket), listener, std::move(slot));
  }

  // Ends long polls and upkeep, answers what is in flight until the deadline, and closes all connections.
  [[nodiscard]] runtime::Task<void> drain(runtime::Deadline deadline);

  [[nodiscard]] replication::PartitionTable& partitions() { return shared_.router.local(); }
  [[nodiscard]] const metadata::SharedImage& image() const { return images_.current(); }
  [[nodiscard]] const config::BrokerConfig& config() const { return *config_; }
  [[nodiscard]] const server::ShardServer& server() const { return server_; }

 private:
  [[nodiscard]] runtime::Task<void> upkeep();
  void adopt_config(const metadata::MetadataImage& image);

  SharedParts shared_;
  metadata::ImageFeed images_;
  std::shared_ptr<const config::BrokerConfig> config_;
  api::FetchSessions fetch_sessions_;
  api::ProducerIds producer_ids_;
  api::Stopping stopping_;
  api::Services services_;
  std::unique_ptr<coordinator::GroupCoordinator> groups_;
  server::ShardServer server_;
  runtime::TaskGroup tasks_;
  observe::Logger log_{"app"};
};

}  // namespace odradek::app
