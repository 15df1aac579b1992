#include "coordinator/group/offset_table.h"

#include <algorithm>
#include <string>

namespace odradek::coordinator {

namespace {

template <typename Offsets>
auto place_of(Offsets& offsets, int32_t partition) {
  // Offsets come in the order of partitions more often than not.
  if (offsets.empty() || offsets.back().partition < partition) {
    return offsets.end();
  }
  return std::ranges::lower_bound(offsets, partition, {}, &CommittedOffset::partition);
}

}  // namespace

const CommittedOffset* OffsetTable::find(std::string_view group, std::string_view topic, int32_t partition) const {
  const GroupOffsets* topics = find(group);
  if (topics == nullptr) {
    return nullptr;
  }
  const auto offsets = topics->find(topic);
  if (offsets == topics->end()) {
    return nullptr;
  }
  const auto found = place_of(offsets->second, partition);
  return found != offsets->second.end() && found->partition == partition ? &*found : nullptr;
}

const GroupOffsets* OffsetTable::find(std::string_view group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

void OffsetTable::replay(const OffsetChange& change) {
  if (change.value) {
    put(change);
  } else {
    erase(change.key);
  }
}

void OffsetTable::put(const OffsetChange& change) {
  auto group = groups_.find(change.key.group.view());
  if (group == groups_.end()) {
    group = groups_.emplace(change.key.group.str(), GroupOffsets{}).first;
  }
  auto topic = group->second.find(change.key.topic.view());
  if (topic == group->second.end()) {
    topic = group->second.emplace(change.key.topic.str(), TopicOffsets{}).first;
  }
  TopicOffsets& offsets = topic->second;
  auto place = place_of(offsets, change.key.partition);
  if (place == offsets.end() || place->partition != change.key.partition) {
    place = offsets.insert(place, CommittedOffset{.partition = change.key.partition, .topic_id = {}, .metadata = {}});
    ++size_;
  }
  place->leader_epoch = change.value->leader_epoch;
  place->offset = change.value->offset;
  place->commit_timestamp = change.value->commit_timestamp;
  place->expire_timestamp = change.value->expire_timestamp;
  place->topic_id = change.value->topic_id;
  if (place->metadata != change.value->metadata) {
    place->metadata = protocol::Text::owned(change.value->metadata);
  }
}

void OffsetTable::erase(const protocol::OffsetCommitKey& key) {
  const auto group = groups_.find(key.group.view());
  if (group == groups_.end()) {
    return;
  }
  const auto topic = group->second.find(key.topic.view());
  if (topic == group->second.end()) {
    return;
  }
  const auto place = place_of(topic->second, key.partition);
  if (place == topic->second.end() || place->partition != key.partition) {
    return;
  }
  topic->second.erase(place);
  --size_;
  if (topic->second.empty()) {
    group->second.erase(topic);
  }
  if (group->second.empty()) {
    groups_.erase(group);
  }
}

}  // namespace odradek::coordinator
