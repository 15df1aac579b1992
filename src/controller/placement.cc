#include "controller/placement.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace odradek::controller {

namespace {

bool is_cordoned(const metadata::BrokerImage& broker) {
  return broker.cordoned_directories && !broker.directories.empty() &&
         std::ranges::all_of(broker.directories, [&](DirectoryId directory) {
           return std::ranges::find(*broker.cordoned_directories, directory) != broker.cordoned_directories->end();
         });
}

// With one directory there is nothing to choose; with more the broker chooses and says so later.
DirectoryId directory_for(const ClusterState& state, NodeId broker) {
  const metadata::BrokerImage* image = state.image().broker(broker);
  return image != nullptr && image->directories.size() == 1 ? image->directories.front() : directory_unassigned;
}

}  // namespace

std::vector<NodeId> usable_brokers(const ClusterState& state) {
  std::vector<NodeId> result;
  for (const auto& [id, broker] : state.image().brokers()) {
    if (broker.may_lead() && !is_cordoned(broker)) {
      result.push_back(id);
    }
  }
  return result;
}

Result<std::vector<std::vector<NodeId>>> place_replicas(const ClusterState& state, int32_t first, int32_t count,
                                                        int16_t replication_factor) {
  const std::vector<NodeId> brokers = usable_brokers(state);
  const auto wanted = static_cast<size_t>(replication_factor);
  if (wanted > brokers.size()) {
    return fail(
        Errc::InvalidReplicationFactor,
        fmt::format("Unable to replicate the partition {} time(s): The target replication factor of {} cannot be "
                    "reached because only {} broker(s) are registered or some brokers have all their log "
                    "directories cordoned.",
                    replication_factor, replication_factor, brokers.size()));
  }
  std::vector<std::vector<NodeId>> result(static_cast<size_t>(count));
  for (size_t i = 0; i < result.size(); ++i) {
    for (size_t replica = 0; replica < wanted; ++replica) {
      result[i].push_back(brokers[(static_cast<size_t>(first) + i + replica) % brokers.size()]);
    }
  }
  return result;
}

Result<> check_assignment(const ClusterState& state, std::span<const NodeId> replicas, size_t replication_factor) {
  if (replicas.empty()) {
    return fail(Errc::InvalidReplicaAssignment, "The manual partition assignment includes an empty replica list.");
  }
  std::vector<NodeId> sorted(replicas.begin(), replicas.end());
  std::ranges::sort(sorted);
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (state.image().broker(sorted[i]) == nullptr) {
      return fail(Errc::InvalidReplicaAssignment,
                  fmt::format("The manual partition assignment includes broker {}, but no such broker is registered.",
                              sorted[i].raw()));
    }
    if (i > 0 && sorted[i] == sorted[i - 1]) {
      return fail(
          Errc::InvalidReplicaAssignment,
          fmt::format("The manual partition assignment includes the broker {} more than once.", sorted[i].raw()));
    }
  }
  if (replication_factor != 0 && replicas.size() != replication_factor) {
    return fail(Errc::InvalidReplicaAssignment,
                fmt::format("The manual partition assignment includes a partition with {} replica(s), but this is not "
                            "consistent with previous partitions, which have {} replica(s).",
                            replicas.size(), replication_factor));
  }
  return {};
}

Result<metadata::PartitionImage> new_partition(const ClusterState& state, std::vector<NodeId> replicas) {
  metadata::PartitionImage partition;
  for (const NodeId replica : replicas) {
    partition.directories.push_back(directory_for(state, replica));
    const metadata::BrokerImage* broker = state.image().broker(replica);
    if (broker != nullptr && broker->may_lead()) {
      partition.isr.push_back(replica);
    }
  }
  const auto dead = std::ranges::find_if_not(
      replicas, [&](NodeId replica) { return std::ranges::find(partition.isr, replica) != partition.isr.end(); });
  if (partition.isr.empty()) {
    return fail(Errc::InvalidReplicaAssignment,
                "All brokers specified in the manual partition assignment are fenced or "
                "in controlled shutdown.");
  }
  // Kafka takes them, and they catch up when they are back: nobody comes back here, and metadata with replicas
  // elsewhere is not opened again.
  if (dead != replicas.end()) {
    return fail(Errc::InvalidReplicaAssignment,
                fmt::format("The manual partition assignment includes broker {}, which is not alive.", dead->raw()));
  }
  partition.leader = partition.isr.front();
  partition.replicas = std::move(replicas);
  return partition;
}

}  // namespace odradek::controller
