// Says whether a log is to be compacted, up to where, and which of its segments become one. Pure: facts in, a plan out.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/ids.h"
#include "storage/log_options.h"

namespace odradek::storage {

// One segment as compaction sees it.
struct CleaningFacts {
  Offset base;
  Offset end;  // base of the next one, or the log's end
  uint64_t size_bytes = 0;
  uint64_t index_bytes = 0;
  uint64_t time_index_bytes = 0;
  // Of its records; of its creation if they say none. Looked at only where a lag is set, and not of the active segment.
  int64_t largest_timestamp_ms = no_timestamp;
  int64_t first_timestamp_ms = no_timestamp;  // the largest of the first batch
};

struct CleaningInput {
  std::vector<CleaningFacts> segments;  // in order, the active one last
  Offset start;                         // of the log
  Offset first_dirty;                   // compacted before up to here, as far as known
  Offset last_stable;
  int64_t now_ms = 0;
};

struct CleaningPlan {
  Offset first_dirty;       // compaction takes the keys from here on,
  Offset upper_bound;       // to here: the base of a segment, the active one's at most
  double dirty_share = 0;   // of the bytes below the upper bound, those at or above first_dirty
  bool is_overdue = false;  // max.compaction.lag.ms has passed since a dirty record was written
  bool is_due = false;

  // Compaction reaches up to the active segment, up to the one that holds the last stable offset, and up to the first
  // whose records are younger than min.compaction.lag.ms. It is due where the dirty share exceeds
  // min.cleanable.dirty.ratio, or a dirty record is older than max.compaction.lag.ms.
  [[nodiscard]] static CleaningPlan make(const CleaningInput& input, const LogOptions& options);
};

// Whether `options` make CleaningPlan look at timestamps.
[[nodiscard]] bool needs_timestamps(const LogOptions& options);

// How many segments, one after the other, are compacted into one: together they fit the limits of one segment and
// its indexes, and 2^31 offsets. Of the segments that begin below `end`, in order.
[[nodiscard]] std::vector<size_t> group_segments(const std::vector<CleaningFacts>& segments, Offset end,
                                                 Offset upper_bound, const LogOptions& options);

}  // namespace odradek::storage
