// A whole broker: owns everything, starts it in order, stops it in reverse. Can be embedded in a test.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/services.h"
#include "app/checkpoints.h"
#include "app/cleaners.h"
#include "app/directory_syncs.h"
#include "app/disk_reserves.h"
#include "app/replica_directories.h"
#include "app/shard_parts.h"
#include "config/broker_config.h"
#include "controller/embedded_voter_log.h"
#include "controller/local_controller.h"
#include "controller/metadata_inspection.h"
#include "coordinator/group/group_router.h"
#include "net/acceptor.h"
#include "observe/log.h"
#include "replication/partition_router.h"
#include "runtime/shard_set.h"
#include "storage/log_directory.h"

namespace odradek::app {

// What Kafka's configuration has no word for.
struct BrokerOptions {
  uint64_t reserve_bytes = 0;           // kept free in each log directory for checkpoints and metadata
  std::string host_name = "localhost";  // what clients are told where a listener takes every address
};

// Lives on the first shard; its parts live on all.
class Broker {
 public:
  // Opens (or, where they are empty, formats) the log directories, replays the metadata, opens the partitions and
  // listens. Every error is one sentence that says what is wrong and how to mend it, and until the directories have
  // been found to be ours nothing on disk is changed. Call on the first shard.
  [[nodiscard]] static runtime::Async<std::unique_ptr<Broker>> start(runtime::ShardSet& shards,
                                                                     config::BrokerConfig config,
                                                                     BrokerOptions options = {});

  // Called when the node cannot go on: the disk of its metadata failed. Without it, it lingers and decides nothing.
  void halt_by(std::function<void(const Error& why)> halt) { halt_ = std::move(halt); }

  // Stops accepting at once, answers what is in flight, flushes and closes every log, and says in each directory that
  // the stop was clean, if it was: then true. `left` hears how many partitions are still to be closed.
  [[nodiscard]] runtime::Task<bool> stop(std::function<void(size_t left)> left);

  // "PLAINTEXT://127.0.0.1:9092" and so on, with the real ports.
  [[nodiscard]] std::vector<std::string> listening() const;
  [[nodiscard]] const std::vector<replication::LogDirectoryRef>& log_directories() const {
    return identity_.log_directories;
  }
  [[nodiscard]] const std::string& cluster_id() const { return identity_.cluster_id; }
  [[nodiscard]] ShardParts& parts(runtime::ShardId shard) { return *parts_[shard.raw()]; }

 private:
  // A listener that is bound and does not accept yet.
  struct Bound {
    config::Listener listener;
    std::unique_ptr<net::Acceptor> acceptor;
  };

  Broker(runtime::ShardSet& shards, config::BrokerConfig config, BrokerOptions options);
  [[nodiscard]] runtime::Async<> run_up();
  [[nodiscard]] runtime::Async<> listen();
  [[nodiscard]] runtime::Async<> open_directories();
  [[nodiscard]] runtime::Async<> open_directory(std::string path, storage::LogDirectory::Holds holds);
  [[nodiscard]] runtime::Async<> inspect_metadata(std::string path);
  [[nodiscard]] runtime::Async<> check_partitions_are_here();
  [[nodiscard]] runtime::Async<> format_new_directories();
  [[nodiscard]] runtime::Async<> complete_directory(size_t index);
  [[nodiscard]] runtime::Async<> open_controller();
  [[nodiscard]] runtime::Task<void> make_shards();
  [[nodiscard]] runtime::Async<> expect_partitions();
  [[nodiscard]] runtime::Task<void> clear_leftovers(std::vector<std::string> paths);
  [[nodiscard]] runtime::Task<void> retire_strays();
  [[nodiscard]] runtime::Task<bool> close_partitions(std::function<void(size_t left)> left);
  [[nodiscard]] controller::NodeRegistration registration() const;
  [[nodiscard]] std::vector<controller::VoterEndpoint> controller_endpoints() const;
  [[nodiscard]] runtime::Async<> forget_retired();
  [[nodiscard]] std::vector<storage::LogDirectory*> log_directory_files();
  void directory_failed(size_t directory, Error why);
  void publish(const metadata::ImageUpdate& update);
  [[nodiscard]] runtime::Task<void> tell_full(size_t directory, bool is_full);

  // One of log.dirs, and which it is.
  struct Directory {
    std::unique_ptr<storage::LogDirectory> files;
    DirectoryId id;
    bool is_formatted = false;
  };

  // Those of log.dirs.
  [[nodiscard]] std::span<Directory> log_directories_here() { return std::span(directories_).first(log_directories_); }

  runtime::ShardSet& shards_;
  config::BrokerConfig config_;
  BrokerOptions options_;
  api::BrokerIdentity identity_;
  std::shared_ptr<net::ConnectionLimits> connection_limits_;
  std::vector<Bound> bound_;
  // Those of log.dirs in that order; behind them that of the metadata, where it is none of them.
  std::vector<Directory> directories_;
  size_t log_directories_ = 0;                                // so many of them are of log.dirs
  size_t metadata_directory_ = 0;                             // index in directories_
  controller::BootstrapRecords bootstrap_;                    // of a new cluster
  std::optional<controller::MetadataInspection> inspection_;  // of the metadata as this start found or made it
  replication::PartitionRouter router_;
  coordinator::GroupRouter groups_;
  server::ConnectionExchange connections_;
  std::unique_ptr<controller::EmbeddedVoterLog> metadata_log_;
  std::unique_ptr<controller::LocalController> controller_;
  std::vector<std::unique_ptr<ShardParts>> parts_;  // by shard; each touched only there
  DiskReserves reserves_;                           // in the order of directories_
  std::unique_ptr<DirectorySyncs> directory_syncs_;
  std::unique_ptr<Checkpoints> checkpoints_;
  bool has_state_ = false;  // the start came so far that a stop has something to leave behind
  std::unique_ptr<Cleaners> cleaners_;
  std::unique_ptr<ReplicaDirectories> replica_directories_;
  std::function<void(const Error&)> halt_;  // may be empty
  runtime::TaskGroup tasks_;
  observe::Logger log_{"app"};
};

}  // namespace odradek::app
