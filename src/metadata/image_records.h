// An image as records: what a snapshot of it holds, and the records that make one part of it.
#pragma once

#include <functional>

#include "metadata/metadata_image.h"
#include "metadata/metadata_record.h"

namespace odradek::metadata {

// Calls `emit` with each record in stored form, features first and topics by name, at the image's own
// metadata.version. Replaying them on an empty image gives an equal one, apart from its position.
void write_image(const MetadataImage& image, const std::function<void(Bytes)>& emit);

// The records that say all of one thing, without what has no place at the cluster's metadata.version. Their text
// views what is given.
[[nodiscard]] protocol::RegisterBrokerRecord registration_record(const BrokerImage& broker, int16_t metadata_version);
[[nodiscard]] protocol::RegisterControllerRecord registration_record(const ControllerImage& controller);
[[nodiscard]] protocol::PartitionRecord partition_record(TopicId topic, PartitionIndex index,
                                                         const PartitionImage& partition, int16_t metadata_version);

}  // namespace odradek::metadata
