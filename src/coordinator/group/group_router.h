// The way to a group: from the shard of a connection to the partition that keeps the group, in one hop.
//
// Which partition that is follows from the group's id, as in Kafka: Java's hash of it, over the partitions of
// `__consumer_offsets`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coordinator/group/answer.h"
#include "coordinator/group/group_coordinator.h"
#include "coordinator/group/group_partition.h"
#include "metadata/metadata_image.h"
#include "protocol/error_code.h"
#include "replication/partition_router.h"

namespace odradek::coordinator {

inline constexpr std::string_view offsets_topic = "__consumer_offsets";

// Java's String.hashCode of the id, made positive as Kafka does it, modulo `partitions`.
[[nodiscard]] PartitionIndex partition_of_group(std::string_view group, int32_t partitions);

// One for the process; safe to use from every shard.
class GroupRouter {
 public:
  explicit GroupRouter(replication::PartitionRouter& partitions)
      : partitions_(partitions), coordinators_(partitions.shard_count()) {}

  // Each shard gives its coordinator once, before requests come.
  void set(runtime::ShardId shard, GroupCoordinator* coordinator) { coordinators_[shard.raw()] = coordinator; }
  [[nodiscard]] GroupCoordinator& at(runtime::ShardId shard) { return *coordinators_[shard.raw()]; }

  // The partition of `__consumer_offsets` that keeps the group; nothing while there is no such topic.
  [[nodiscard]] static std::optional<PartitionId> place_of(const metadata::MetadataImage& image,
                                                           std::string_view group);

  // Runs the coroutine function `call`(std::shared_ptr<GroupPartition>) at the `place_of` a group, and answers here
  // what it answers: an Answer<...>. NotCoordinator when this node does not keep the group, CoordinatorLoadInProgress.
  // What `call` refers to must stay until then.
  template <typename Call>
  [[nodiscard]] std::invoke_result_t<Call&, std::shared_ptr<GroupPartition>> call(std::optional<PartitionId> place,
                                                                                  Call call) {
    if (!place) {
      co_return std::unexpected(protocol::ErrorCode::NotCoordinator);
    }
    const runtime::ShardId owner = partitions_.owner(*place);
    auto work = [this, owner, index = place->index, call = std::move(call)]() mutable {
      return on_partition(at(owner).find(index), std::move(call));
    };
    co_return co_await partitions_.shards().on(owner, std::move(work));
  }

  // Runs `call`(GroupCoordinator&), a coroutine function, on every shard: the answers.
  template <typename Call>
  [[nodiscard]] auto call_all(Call call) {
    return partitions_.shards().on_all(
        [this, call = std::move(call)]() { return call(at(runtime::Shard::current().id())); });
  }

 private:
  template <typename Call>
  [[nodiscard]] static std::invoke_result_t<Call&, std::shared_ptr<GroupPartition>> on_partition(
      std::shared_ptr<GroupPartition> partition, Call call) {
    if (partition == nullptr) {
      co_return std::unexpected(protocol::ErrorCode::NotCoordinator);
    }
    const protocol::ErrorCode available = partition->availability();
    if (available != protocol::ErrorCode::None) {
      co_return std::unexpected(available);
    }
    co_return co_await call(std::move(partition));
  }

  replication::PartitionRouter& partitions_;
  std::vector<GroupCoordinator*> coordinators_;  // by shard
};

}  // namespace odradek::coordinator
