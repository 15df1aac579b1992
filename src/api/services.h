// What handlers work with: one of these per shard, built by app/.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/fetch_sessions.h"
#include "api/producer_ids.h"
#include "config/broker_config.h"
#include "machine/controller_channel.h"
#include "metadata/image_feed.h"
#include "model/ids.h"
#include "replication/partition_router.h"
#include "runtime/shard_set.h"

namespace odradek::coordinator {
class GroupRouter;
}

namespace odradek::api {

// Who this broker is; the same on every shard and for the whole run.
struct BrokerIdentity {
  NodeId id;
  std::string cluster_id;
  std::vector<replication::LogDirectoryRef> log_directories;
};

// Long waits are to end: for those who wait, and for those who begin to wait after it was said.
struct Stopping {
  bool has_begun = false;
  runtime::Signal begun;

  void begin() {
    has_begun = true;
    begun.notify_all();
  }
};

struct Services {
  const BrokerIdentity& broker;
  replication::PartitionRouter& partitions;
  metadata::ImageFeed& images;             // this shard's
  machine::ControllerChannel& controller;  // may be called from any shard
  // This shard's view of the broker's effective configuration: app replaces it when dynamic values change.
  std::shared_ptr<const config::BrokerConfig> config;
  FetchSessions& fetch_sessions;     // this shard's
  ProducerIds& producer_ids;         // this shard's
  coordinator::GroupRouter& groups;  // of the process
  Stopping& stopping;                // this shard's

  [[nodiscard]] const metadata::SharedImage& image() const { return images.current(); }
};

}  // namespace odradek::api
