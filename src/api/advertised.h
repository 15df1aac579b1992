// Which address of a broker a client is told: that of the listener it came in by.
#pragma once

#include <vector>

#include "api/request_context.h"
#include "metadata/metadata_image.h"

namespace odradek::api {

struct AdvertisedBroker {
  const metadata::BrokerImage* broker;
  const metadata::EndpointImage* endpoint;
};

// Brokers that listen where the client came in, ascending by id. Fenced ones only if asked for.
[[nodiscard]] std::vector<AdvertisedBroker> advertised_brokers(const metadata::MetadataImage& image,
                                                               const ConnectionInfo& connection, bool with_fenced);

// A live broker that stands for the controller, whose own listener clients cannot use; this broker where it lives.
// no_node when none lives.
[[nodiscard]] NodeId live_controller(const metadata::MetadataImage& image, NodeId self);

}  // namespace odradek::api
