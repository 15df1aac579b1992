// What one partition of `__consumer_offsets` says: committed offsets, and the groups as they were last written.
//
// The state class of a GroupPartition's Machine: decisions read it, only replaying their records changes it. A group
// of the consumer protocol is all here. A classic group lives in its ClassicGroup, most of which is never written;
// here is only what it would be after a restart.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "coordinator/group/consumer_group.h"
#include "coordinator/group/group_records.h"
#include "coordinator/group/offset_table.h"
#include "coordinator/group/text_map.h"
#include "machine/commit_log.h"

namespace odradek::coordinator {

class GroupState {
 public:
  [[nodiscard]] const OffsetTable& offsets() const { return offsets_; }

  // The last GroupMetadataValue of each classic group as it is stored: its version first.
  [[nodiscard]] const TextMap<Bytes>& classic_groups() const { return classic_; }

  [[nodiscard]] const TextMap<std::unique_ptr<ConsumerGroup>>& consumer_groups() const { return consumer_; }
  [[nodiscard]] const ConsumerGroup* consumer_group(std::string_view id) const;

  // As Machine asks for them.
  [[nodiscard]] Result<> load(const machine::LogSnapshot& snapshot);
  [[nodiscard]] Result<> replay(Offset base, LeaderEpoch epoch, int64_t timestamp,
                                std::span<const machine::LogRecordView> records);

 private:
  void apply(const OffsetChange& change, const machine::LogRecordView& stored);
  void apply(const ClassicGroupChange& change, const machine::LogRecordView& stored);
  template <typename ConsumerChange>
  void apply(const ConsumerChange& change, const machine::LogRecordView& stored);

  OffsetTable offsets_;
  TextMap<Bytes> classic_;
  TextMap<std::unique_ptr<ConsumerGroup>> consumer_;
};

}  // namespace odradek::coordinator
