// The group partitions of one shard: one for each partition of `__consumer_offsets` that this shard owns and this node
// leads.
//
// Made, used and destroyed on its shard.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "coordinator/group/group_options.h"
#include "coordinator/group/group_partition.h"
#include "metadata/image_feed.h"
#include "model/ids.h"
#include "replication/partition_table.h"
#include "runtime/task_group.h"

namespace odradek::coordinator {

class GroupCoordinator {
 public:
  // Both outlive us.
  GroupCoordinator(NodeId self, const metadata::ImageFeed& images, replication::PartitionTable& partitions,
                   GroupOptions options);
  ~GroupCoordinator();

  // Takes over what the image says, once the partition table has: begins to load what this node leads since then,
  // lets go of what it no longer leads, and forgets the offsets of topics that were deleted.
  void apply(const metadata::ImageUpdate& update);
  void update_options(GroupOptions options);

  // Null when this node does not lead it, or this shard does not own it. It may still be loading.
  [[nodiscard]] std::shared_ptr<GroupPartition> find(PartitionIndex index) const {
    const auto place = static_cast<size_t>(index.raw());
    return place < places_.size() ? places_[place] : nullptr;
  }
  [[nodiscard]] const std::map<PartitionIndex, std::shared_ptr<GroupPartition>>& partitions() const { return led_; }

  // Answers everybody who waits with NotCoordinator, and every call from now on.
  [[nodiscard]] runtime::Task<void> stop();

 private:
  void lead(std::shared_ptr<replication::Partition> partition);
  void leave(PartitionIndex index);
  [[nodiscard]] static runtime::Task<void> let_go(std::shared_ptr<GroupPartition> partition);
  [[nodiscard]] runtime::Task<void> expire();

  NodeId self_;
  replication::PartitionTable& partitions_;
  GroupEnvironment environment_;
  std::map<PartitionIndex, std::shared_ptr<GroupPartition>> led_;
  std::vector<std::shared_ptr<GroupPartition>> places_;  // the same by index: every request asks
  bool is_stopped_ = false;
  runtime::Signal stopping_;
  runtime::TaskGroup tasks_;
};

}  // namespace odradek::coordinator
