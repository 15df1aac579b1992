#include "coordinator/group/topic_changes.h"

#include <algorithm>

namespace odradek::coordinator {

namespace {

bool changes(const metadata::ImageUpdate& update, const metadata::ImageChanges::Topic& topic) {
  const metadata::TopicImage* before = update.before->topic(topic.id);
  const metadata::TopicImage* after = update.image->topic(topic.id);
  if (topic.is_created || before == nullptr || after == nullptr ||
      before->partition_count() != after->partition_count()) {
    return true;
  }
  return std::ranges::any_of(topic.partitions, [&](PartitionIndex index) {
    const metadata::PartitionImage* was = before->partition(index);
    const metadata::PartitionImage* is = after->partition(index);
    return was == nullptr || is == nullptr || was->replicas != is->replicas;
  });
}

}  // namespace

bool changes_assignable_topics(const metadata::ImageUpdate& update) {
  if (!update.changes->deleted_topics.empty()) {
    return true;
  }
  const bool racks_change = std::ranges::any_of(update.changes->brokers, [&](NodeId id) {
    const metadata::BrokerImage* was = update.before->broker(id);
    const metadata::BrokerImage* is = update.image->broker(id);
    return was == nullptr || is == nullptr || was->rack != is->rack;
  });
  return racks_change ||
         std::ranges::any_of(update.changes->topics, [&](const auto& topic) { return changes(update, topic); });
}

}  // namespace odradek::coordinator
