#include "coordinator/group/group_router.h"

#include <limits>

namespace odradek::coordinator {

namespace {

// Over the UTF-16 of the text, which is valid UTF-8.
int32_t java_hash(std::string_view text) {
  uint32_t hash = 0;
  const auto add = [&hash](uint32_t unit) { hash = hash * 31 + unit; };
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<uint8_t>(text[i]);
    const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    uint32_t point = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (size_t k = 1; k < length && i + k < text.size(); ++k) {
      point = (point << 6) | (static_cast<uint8_t>(text[i + k]) & 0x3FU);
    }
    i += length;
    if (point < 0x10000) {
      add(point);
    } else {
      add(0xD800 + ((point - 0x10000) >> 10));
      add(0xDC00 + ((point - 0x10000) & 0x3FF));
    }
  }
  return static_cast<int32_t>(hash);
}

}  // namespace

PartitionIndex partition_of_group(std::string_view group, int32_t partitions) {
  const int32_t hash = java_hash(group);
  const int32_t positive = hash == std::numeric_limits<int32_t>::min() ? 0 : hash < 0 ? -hash : hash;
  return PartitionIndex{positive % partitions};
}

std::optional<PartitionId> GroupRouter::place_of(const metadata::MetadataImage& image, std::string_view group) {
  const metadata::TopicImage* topic = image.topic(offsets_topic);
  if (topic == nullptr || topic->partition_count() == 0) {
    return std::nullopt;
  }
  return PartitionId{.topic = topic->id, .index = partition_of_group(group, topic->partition_count())};
}

}  // namespace odradek::coordinator
