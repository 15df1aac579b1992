// The committed offsets of one partition of `__consumer_offsets`: by group, topic and partition.
//
// Pure. Changed only by replaying records.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "coordinator/group/group_records.h"
#include "coordinator/group/text_map.h"
#include "protocol/text.h"

namespace odradek::coordinator {

struct CommittedOffset {
  int32_t partition = 0;
  int32_t leader_epoch = -1;  // -1: none
  int64_t offset = -1;
  int64_t commit_timestamp = -1;  // milliseconds since 1970
  int64_t expire_timestamp = -1;  // -1: the broker's retention counts
  Uuid topic_id;                  // zero: the commit did not know it
  protocol::Text metadata;        // owned
};

// Ascending by partition.
using TopicOffsets = std::vector<CommittedOffset>;
using GroupOffsets = TextMap<TopicOffsets>;

class OffsetTable {
 public:
  // Null where nothing was committed.
  [[nodiscard]] const CommittedOffset* find(std::string_view group, std::string_view topic, int32_t partition) const;
  [[nodiscard]] const GroupOffsets* find(std::string_view group) const;
  [[nodiscard]] const TextMap<GroupOffsets>& groups() const { return groups_; }
  [[nodiscard]] size_t size() const { return size_; }

  void replay(const OffsetChange& change);

 private:
  void put(const OffsetChange& change);
  void erase(const protocol::OffsetCommitKey& key);

  TextMap<GroupOffsets> groups_;  // no empty group, no empty topic
  size_t size_ = 0;
};

}  // namespace odradek::coordinator
