// Which leader epoch began at which offset, for one partition.
//
// Epochs and start offsets both rise strictly. Pure: the PartitionLog writes it to `leader-epoch-checkpoint` when it
// flushes, and rebuilds what a crash took from the batches themselves, which carry their epoch.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace odradek::storage {

struct EpochStart {
  LeaderEpoch epoch;
  Offset start;
  friend bool operator==(const EpochStart&, const EpochStart&) = default;
};

struct EpochEnd {
  LeaderEpoch epoch = no_leader_epoch;  // the largest known epoch at or below the requested one
  Offset end{-1};                       // where the next epoch begins, or the log's end
  friend bool operator==(const EpochEnd&, const EpochEnd&) = default;
};

class EpochCache {
 public:
  EpochCache() = default;
  // Entries out of order are an error: CorruptMessage.
  [[nodiscard]] static Result<EpochCache> parse(std::string_view checkpoint);
  [[nodiscard]] std::string text() const;

  // Notes that `epoch` begins at `start`. An epoch known already, or an older one, changes nothing; entries at or
  // above `start` held no records and go. True if something changed.
  bool assign(LeaderEpoch epoch, Offset start);

  [[nodiscard]] LeaderEpoch latest() const;
  // Whether the latest epoch began at `offset`.
  [[nodiscard]] bool begins_at(Offset offset) const { return !entries_.empty() && entries_.back().start == offset; }

  // As Kafka answers OffsetForLeaderEpoch; both fields undefined (-1) when nothing is known.
  [[nodiscard]] EpochEnd end_of(LeaderEpoch requested, Offset log_end) const;
  // The epoch in which `offset` was written.
  [[nodiscard]] LeaderEpoch epoch_at(Offset offset) const;

  // Forgets epochs that begin at or above `end`.
  bool truncate_from_end(Offset end);
  // Forgets epochs that end at or below `start`; the one that goes on above begins at `start` then.
  bool truncate_from_start(Offset start);
  bool clear();

  [[nodiscard]] const std::vector<EpochStart>& entries() const { return entries_; }

 private:
  std::vector<EpochStart> entries_;
};

}  // namespace odradek::storage
