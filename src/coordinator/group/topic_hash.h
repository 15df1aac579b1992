// What a consumer group remembers of the topics it reads, in eight bytes: ConsumerGroupMetadataValue.MetadataHash.
//
// As Kafka computes it since 4.1 (KIP-1101): XXH3 over each topic's id, name, number of partitions and the racks of
// their replicas; then over the hashes of all topics, in the order of their names. If it changes, there is something to
// assign anew.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "metadata/metadata_image.h"

namespace odradek::coordinator {

// One partition's replicas, by their brokers' racks; brokers without a rack do not count.
using PartitionRacks = std::vector<std::string_view>;

[[nodiscard]] int64_t topic_hash(TopicId id, std::string_view name, const std::vector<PartitionRacks>& partitions);
[[nodiscard]] int64_t topic_hash(const metadata::TopicImage& topic, const metadata::MetadataImage& image);

// Zero for no topics.
[[nodiscard]] int64_t group_hash(const std::map<std::string_view, int64_t>& topic_hashes);

}  // namespace odradek::coordinator
