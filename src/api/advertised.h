// Brokers and partitions as a client sees them: through the listener it came in by.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "metadata/metadata_image.h"
#include "model/ids.h"

namespace odradek::api {

struct AdvertisedBroker {
  const metadata::BrokerImage* broker;
  const metadata::EndpointImage* endpoint;
};

enum class FencedBrokers : uint8_t { Without, With };

// Brokers that listen where the client came in, ascending by id. Views of the image.
[[nodiscard]] std::vector<AdvertisedBroker> advertised_brokers(const metadata::MetadataImage& image,
                                                               std::string_view listener, FencedBrokers fenced);

// Whether the broker is there, unfenced, and listens where the client came in.
[[nodiscard]] bool is_reachable(const metadata::MetadataImage& image, NodeId broker, std::string_view listener);

// A live broker that stands for the controller, whose own listener clients cannot use: `self` if it lives. no_node when
// nobody does.
[[nodiscard]] NodeId live_controller(const metadata::MetadataImage& image, NodeId self);

// no_node where the leader does not listen where the client came in.
[[nodiscard]] NodeId advertised_leader(const metadata::MetadataImage& image, const metadata::PartitionImage& partition,
                                       std::string_view listener);

// Replicas on brokers that cannot be reached, and those whose directory has failed.
[[nodiscard]] std::vector<int32_t> offline_replicas(const metadata::MetadataImage& image,
                                                    const metadata::PartitionImage& partition,
                                                    std::string_view listener);

[[nodiscard]] std::vector<int32_t> raw_ids(const std::vector<NodeId>& nodes);

}  // namespace odradek::api
