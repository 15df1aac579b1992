#include "coordinator/group/owned_partitions.h"

#include <algorithm>
#include <map>

namespace odradek::coordinator {

OwnedPartitions::OwnedPartitions(const Stored& stored, int32_t epoch) {
  std::map<TopicId, std::map<int32_t, int32_t>> sorted;
  for (const auto& topic : stored) {
    for (size_t i = 0; i < topic.partitions.size(); ++i) {
      const bool has_epoch = topic.assignment_epochs && i < topic.assignment_epochs->size();
      sorted[TopicId(topic.topic_id)].try_emplace(topic.partitions[i],
                                                  has_epoch ? (*topic.assignment_epochs)[i] : epoch);
    }
  }
  for (const auto& [topic, partitions] : sorted) {
    partitions_.push_back({.topic = topic, .partitions = {}});
    for (const auto& [partition, given] : partitions) {
      partitions_.back().partitions.push_back(partition);
      epochs_.push_back(given);
    }
  }
}

std::optional<int32_t> OwnedPartitions::epoch_of(TopicId topic, int32_t partition) const {
  size_t place = 0;
  for (const TopicPartitions& held : partitions_) {
    if (held.topic == topic) {
      const auto found = std::ranges::lower_bound(held.partitions, partition);
      if (found == held.partitions.end() || *found != partition) {
        return std::nullopt;
      }
      return epochs_[place + static_cast<size_t>(found - held.partitions.begin())];
    }
    place += held.partitions.size();
  }
  return std::nullopt;
}

OwnedPartitions::Stored OwnedPartitions::stored() const {
  Stored result;
  auto epoch = epochs_.begin();
  for (const TopicPartitions& topic : partitions_) {
    const auto end = epoch + static_cast<ptrdiff_t>(topic.partitions.size());
    result.push_back({.topic_id = topic.topic.uuid(),
                      .partitions = topic.partitions,
                      .assignment_epochs = std::vector<int32_t>(epoch, end),
                      .unknown_tags = {}});
    epoch = end;
  }
  return result;
}

OwnedPartitions OwnedPartitions::only(const Assignment& these) const {
  OwnedPartitions result;
  result.partitions_ = intersection(partitions_, these);
  for_each([&](TopicId topic, int32_t partition, int32_t epoch) {
    if (contains(these, topic, partition)) {
      result.epochs_.push_back(epoch);
    }
  });
  return result;
}

OwnedPartitions OwnedPartitions::with(const Assignment& more, int32_t epoch) const {
  OwnedPartitions result;
  result.partitions_ = sum(partitions_, more);
  for (const TopicPartitions& topic : result.partitions_) {
    for (const int32_t partition : topic.partitions) {
      result.epochs_.push_back(epoch_of(topic.topic, partition).value_or(epoch));
    }
  }
  return result;
}

OwnedPartitions OwnedPartitions::with(const OwnedPartitions& more) const {
  OwnedPartitions result;
  result.partitions_ = sum(partitions_, more.partitions_);
  for (const TopicPartitions& topic : result.partitions_) {
    for (const int32_t partition : topic.partitions) {
      const std::optional<int32_t> mine = epoch_of(topic.topic, partition);
      result.epochs_.push_back(mine ? *mine : *more.epoch_of(topic.topic, partition));
    }
  }
  return result;
}

OwnedPartitions OwnedPartitions::given_at(int32_t epoch) const {
  OwnedPartitions result = *this;
  std::ranges::fill(result.epochs_, epoch);
  return result;
}

}  // namespace odradek::coordinator
