// A topic and its partitions as the metadata log says they are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "metadata/persistent_map.h"
#include "model/ids.h"

namespace odradek::metadata {

// Whether a partition's leader may have lost records (an unclean election) and has not yet said that it is done.
enum class LeaderRecovery : int8_t { Recovered = 0, Recovering = 1 };

struct PartitionImage {
  std::vector<NodeId> replicas;          // in order of preference
  std::vector<DirectoryId> directories;  // one for each replica
  std::vector<NodeId> isr;
  std::vector<NodeId> removing_replicas;
  std::vector<NodeId> adding_replicas;
  std::vector<NodeId> eligible_leader_replicas;
  std::vector<NodeId> last_known_elr;
  NodeId leader = no_node;  // no_node: nobody
  LeaderRecovery recovery = LeaderRecovery::Recovered;
  LeaderEpoch leader_epoch{0};
  PartitionEpoch partition_epoch{0};

  [[nodiscard]] bool is_reassigning() const { return !removing_replicas.empty() || !adding_replicas.empty(); }
  // directory_unassigned when `broker` holds no replica or has not said where.
  [[nodiscard]] DirectoryId directory_of(NodeId broker) const;

  friend bool operator==(const PartitionImage&, const PartitionImage&) = default;
};

// Copying one is cheap (see PersistentMap).
struct TopicImage {
  std::string name;
  TopicId id;
  PersistentMap<int32_t, std::shared_ptr<const PartitionImage>> partitions;  // their indexes are 0 to size() - 1

  [[nodiscard]] int32_t partition_count() const { return static_cast<int32_t>(partitions.size()); }
  // Null when the topic has no such partition.
  [[nodiscard]] const PartitionImage* partition(PartitionIndex index) const {
    const auto* found = partitions.find(index.raw());
    return found == nullptr ? nullptr : found->get();
  }
};

// __consumer_offsets, __transaction_state, __share_group_state.
[[nodiscard]] bool is_internal_topic(std::string_view name);

}  // namespace odradek::metadata
