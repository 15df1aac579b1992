#include "api/advertised.h"

#include <algorithm>

namespace odradek::api {

namespace {

using metadata::BrokerImage;
using metadata::MetadataImage;
using metadata::PartitionImage;

// A broker that has not said which directories it has (an old registration) is believed to have the one it was given.
bool has_failed(const BrokerImage& broker, DirectoryId directory) {
  if (directory == directory_unassigned || directory == directory_migrating) {
    return false;
  }
  if (directory == directory_lost) {
    return true;
  }
  return !broker.directories.empty() && std::ranges::find(broker.directories, directory) == broker.directories.end();
}

}  // namespace

std::vector<AdvertisedBroker> advertised_brokers(const MetadataImage& image, std::string_view listener,
                                                 FencedBrokers fenced) {
  std::vector<AdvertisedBroker> found;
  for (const auto& [id, broker] : image.brokers()) {
    const metadata::EndpointImage* endpoint = broker.endpoint(listener);
    if (endpoint != nullptr && (!broker.is_fenced || fenced == FencedBrokers::With)) {
      found.push_back({.broker = &broker, .endpoint = endpoint});
    }
  }
  return found;
}

bool is_reachable(const MetadataImage& image, NodeId id, std::string_view listener) {
  const BrokerImage* broker = image.broker(id);
  return broker != nullptr && !broker->is_fenced && broker->endpoint(listener) != nullptr;
}

NodeId live_controller(const MetadataImage& image, NodeId self) {
  if (const BrokerImage* broker = image.broker(self); broker != nullptr && !broker->is_fenced) {
    return self;
  }
  for (const auto& [id, broker] : image.brokers()) {
    if (!broker.is_fenced) {
      return id;
    }
  }
  return no_node;
}

NodeId advertised_leader(const MetadataImage& image, const PartitionImage& partition, std::string_view listener) {
  const BrokerImage* leader = image.broker(partition.leader);
  return leader != nullptr && leader->endpoint(listener) != nullptr ? partition.leader : no_node;
}

std::vector<int32_t> offline_replicas(const MetadataImage& image, const PartitionImage& partition,
                                      std::string_view listener) {
  std::vector<int32_t> offline;
  for (const NodeId replica : partition.replicas) {
    if (!is_reachable(image, replica, listener) ||
        has_failed(*image.broker(replica), partition.directory_of(replica))) {
      offline.push_back(replica.raw());
    }
  }
  return offline;
}

std::vector<int32_t> raw_ids(const std::vector<NodeId>& nodes) {
  std::vector<int32_t> ids;
  ids.reserve(nodes.size());
  for (const NodeId node : nodes) {
    ids.push_back(node.raw());
  }
  return ids;
}

}  // namespace odradek::api
