// What the metadata says about a partition that a client asks for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "api/request_context.h"
#include "api/services.h"
#include "base/result.h"
#include "metadata/metadata_image.h"
#include "model/ids.h"
#include "protocol/text.h"

namespace odradek::api::detail {

// Nothing when there is no such topic or partition.
[[nodiscard]] inline std::optional<PartitionId> find_partition(const metadata::TopicImage* topic, int32_t index) {
  if (topic == nullptr || topic->partition(PartitionIndex{index}) == nullptr) {
    return std::nullopt;
  }
  return PartitionId{.topic = topic->id, .index = PartitionIndex{index}};
}

// Tells a client that asked the wrong node who leads (KIP-951): fills `current_leader` of a partition's answer, and
// adds the leader's address to the response where it is not there yet.
template <typename Response, typename PartitionAnswer>
void tell_leader(const RequestContext& context, const metadata::MetadataImage& image, const PartitionId& id,
                 PartitionAnswer& answer, Response& response) {
  const metadata::TopicImage* topic = image.topic(id.topic);
  const metadata::PartitionImage* partition = topic == nullptr ? nullptr : topic->partition(id.index);
  if (partition == nullptr) {
    return;
  }
  answer.current_leader.leader_id = partition->leader.raw();
  answer.current_leader.leader_epoch = partition->leader_epoch.raw();
  const metadata::BrokerImage* leader = image.broker(partition->leader);
  const metadata::EndpointImage* endpoint =
      leader == nullptr || leader->is_fenced ? nullptr : leader->endpoint(context.connection->listener);
  const bool is_told = std::ranges::any_of(response.node_endpoints,
                                           [&](const auto& node) { return node.node_id == partition->leader.raw(); });
  if (endpoint != nullptr && !is_told) {
    auto& node = response.node_endpoints.emplace_back();
    node.node_id = partition->leader.raw();
    node.host = protocol::Text::owned(endpoint->host);
    node.port = endpoint->port;
    if (leader->rack) {
      node.rack = protocol::Text::owned(*leader->rack);
    }
  }
}

}  // namespace odradek::api::detail
