#include "replication/partition_router.h"

namespace odradek::replication {

uint32_t PartitionRouter::owner_of(const PartitionId& id, size_t shard_count) {
  // The partitions of one topic go round the shards, beginning at a place that its random id chooses.
  const uint64_t start = id.topic.uuid().least() ^ id.topic.uuid().most();
  return static_cast<uint32_t>((start + static_cast<uint64_t>(id.index.raw())) % shard_count);
}

}  // namespace odradek::replication
