// What Java consumers of the classic protocol tell each other in bytes that brokers carry: subscriptions and
// assignments.
//
// A broker reads them only where a group has, or is to have, members of both protocols.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "coordinator/group/assignment.h"
#include "metadata/metadata_image.h"
#include "protocol/records/consumer_protocol_assignment.h"
#include "protocol/records/consumer_protocol_subscription.h"

namespace odradek::coordinator {

// Views the bytes. Errors: Errc::CorruptMessage.
[[nodiscard]] Result<protocol::ConsumerProtocolSubscription> read_subscription(ByteView bytes);
[[nodiscard]] Result<protocol::ConsumerProtocolAssignment> read_assignment(ByteView bytes);

[[nodiscard]] Bytes write_assignment(const Assignment& assignment, const metadata::MetadataImage& image,
                                     int16_t version);
// The version that these bytes say they are of; 0 where they say nothing.
[[nodiscard]] int16_t stated_version(ByteView bytes);

// By id; topics that do not exist are left out.
template <typename NamedPartitions>
[[nodiscard]] Assignment by_id(const std::vector<NamedPartitions>& named, const metadata::MetadataImage& image) {
  Assignment result;
  for (const auto& topic : named) {
    if (const metadata::TopicImage* known = image.topic(topic.topic.view())) {
      result.push_back({.topic = known->id, .partitions = topic.partitions});
    }
  }
  return normalized(std::move(result));
}

}  // namespace odradek::coordinator
