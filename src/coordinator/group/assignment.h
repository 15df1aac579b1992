// Partitions in somebody's hands, and the arithmetic on them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/ids.h"

namespace odradek::coordinator {

// Some partitions of one topic; never none of them in an Assignment.
struct TopicPartitions {
  TopicId topic;
  std::vector<int32_t> partitions;  // ascending
  friend bool operator==(const TopicPartitions&, const TopicPartitions&) = default;
};

// Ascending by topic.
using Assignment = std::vector<TopicPartitions>;

// The partitions of a topic; empty when there are none.
[[nodiscard]] std::span<const int32_t> partitions_of(const Assignment& assignment, TopicId topic);
[[nodiscard]] bool contains(const Assignment& assignment, TopicId topic, int32_t partition);
[[nodiscard]] size_t partition_count(const Assignment& assignment);

[[nodiscard]] Assignment intersection(const Assignment& a, const Assignment& b);
[[nodiscard]] Assignment difference(const Assignment& a, const Assignment& b);
[[nodiscard]] Assignment sum(const Assignment& a, const Assignment& b);

// Brings into order what came from outside: topics and partitions ascending, each once, no empty topics.
[[nodiscard]] Assignment normalized(Assignment assignment);

}  // namespace odradek::coordinator
