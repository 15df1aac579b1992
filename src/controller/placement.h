// Where replicas go: given by the client and checked, or chosen.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "controller/cluster_state.h"
#include "metadata/topic_image.h"

namespace odradek::controller {

// Brokers that may take new replicas and lead at once: registered, not fenced, not stopping, not wholly cordoned.
[[nodiscard]] std::vector<NodeId> usable_brokers(const ClusterState& state);

// One replica list for each of `count` partitions, from `first` on, the leader's place moving around the brokers.
// Errc::InvalidReplicationFactor when there are too few brokers.
[[nodiscard]] Result<std::vector<std::vector<NodeId>>> place_replicas(const ClusterState& state, int32_t first,
                                                                      int32_t count, int16_t replication_factor);

// Whether a client may ask for these replicas. Errc::InvalidReplicaAssignment: none, one twice, an unknown broker, a
// number other than `replication_factor` (0: any).
[[nodiscard]] Result<> check_assignment(const ClusterState& state, std::span<const NodeId> replicas,
                                        size_t replication_factor);

// A new partition on these replicas: led by the first of them that is active, in sync where active.
// Errc::InvalidReplicaAssignment when none is.
[[nodiscard]] Result<metadata::PartitionImage> new_partition(const ClusterState& state, std::vector<NodeId> replicas);

}  // namespace odradek::controller
