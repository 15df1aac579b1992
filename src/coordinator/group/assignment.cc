#include "coordinator/group/assignment.h"

#include <algorithm>
#include <iterator>

namespace odradek::coordinator {

namespace {

const TopicPartitions* find(const Assignment& assignment, TopicId topic) {
  const auto place = std::ranges::lower_bound(assignment, topic, {}, &TopicPartitions::topic);
  return place == assignment.end() || place->topic != topic ? nullptr : &*place;
}

// Each topic of `a` with what `combine` leaves of its partitions in the light of those in `b`.
template <typename Combine>
Assignment each_topic(const Assignment& a, const Assignment& b, const Combine& combine) {
  Assignment result;
  for (const TopicPartitions& mine : a) {
    TopicPartitions left{.topic = mine.topic, .partitions = {}};
    combine(mine.partitions, partitions_of(b, mine.topic), std::back_inserter(left.partitions));
    if (!left.partitions.empty()) {
      result.push_back(std::move(left));
    }
  }
  return result;
}

}  // namespace

std::span<const int32_t> partitions_of(const Assignment& assignment, TopicId topic) {
  const TopicPartitions* found = find(assignment, topic);
  return found == nullptr ? std::span<const int32_t>() : found->partitions;
}

bool contains(const Assignment& assignment, TopicId topic, int32_t partition) {
  return std::ranges::binary_search(partitions_of(assignment, topic), partition);
}

size_t partition_count(const Assignment& assignment) {
  size_t count = 0;
  for (const TopicPartitions& topic : assignment) {
    count += topic.partitions.size();
  }
  return count;
}

Assignment intersection(const Assignment& a, const Assignment& b) {
  return each_topic(a, b, [](auto mine, auto other, auto out) { std::ranges::set_intersection(mine, other, out); });
}

Assignment difference(const Assignment& a, const Assignment& b) {
  return each_topic(a, b, [](auto mine, auto other, auto out) { std::ranges::set_difference(mine, other, out); });
}

Assignment sum(const Assignment& a, const Assignment& b) {
  Assignment result =
      each_topic(a, b, [](auto mine, auto other, auto out) { std::ranges::set_union(mine, other, out); });
  std::ranges::copy_if(b, std::back_inserter(result),
                       [&](const TopicPartitions& topic) { return find(a, topic.topic) == nullptr; });
  std::ranges::sort(result, {}, &TopicPartitions::topic);
  return result;
}

Assignment normalized(Assignment assignment) {
  std::ranges::sort(assignment, {}, &TopicPartitions::topic);
  Assignment result;
  for (TopicPartitions& topic : assignment) {
    if (topic.partitions.empty()) {
      continue;
    }
    if (!result.empty() && result.back().topic == topic.topic) {
      std::ranges::copy(topic.partitions, std::back_inserter(result.back().partitions));
    } else {
      result.push_back(std::move(topic));
    }
  }
  for (TopicPartitions& topic : result) {
    std::ranges::sort(topic.partitions);
    const auto doubles = std::ranges::unique(topic.partitions);
    topic.partitions.erase(doubles.begin(), doubles.end());
  }
  return result;
}

}  // namespace odradek::coordinator
