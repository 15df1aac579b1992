// The partitions a member of a consumer group holds, and since which of its epochs (KIP-1251).
//
// A commit may come from an epoch the member has left behind, but not from one before it was given the partition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/group/assignment.h"
#include "coordinator/group/group_records.h"

namespace odradek::coordinator {

class OwnedPartitions {
 public:
  using Stored = std::vector<ConsumerCurrentChange::Value::TopicPartitions>;

  OwnedPartitions() = default;
  // Partitions without a stored epoch count as given at `epoch`.
  OwnedPartitions(const Stored& stored, int32_t epoch);

  [[nodiscard]] const Assignment& partitions() const { return partitions_; }
  [[nodiscard]] bool empty() const { return partitions_.empty(); }
  [[nodiscard]] size_t size() const { return epochs_.size(); }  // partitions of all topics
  [[nodiscard]] std::optional<int32_t> epoch_of(TopicId topic, int32_t partition) const;
  [[nodiscard]] Stored stored() const;

  // Those of them that `these` holds too; and all of them with `more`, given at `epoch`.
  [[nodiscard]] OwnedPartitions only(const Assignment& these) const;
  [[nodiscard]] OwnedPartitions with(const Assignment& more, int32_t epoch) const;
  [[nodiscard]] OwnedPartitions with(const OwnedPartitions& more) const;
  // As if all had been given at `epoch`.
  [[nodiscard]] OwnedPartitions given_at(int32_t epoch) const;

  // visit(topic, partition, epoch), in order.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    size_t place = 0;
    for (const TopicPartitions& topic : partitions_) {
      for (const int32_t partition : topic.partitions) {
        visit(topic.topic, partition, epochs_[place++]);
      }
    }
  }

  friend bool operator==(const OwnedPartitions&, const OwnedPartitions&) = default;

 private:
  Assignment partitions_;
  std::vector<int32_t> epochs_;  // one for each partition, in their order
};

}  // namespace odradek::coordinator
