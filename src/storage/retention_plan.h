// Says which segments of a log are to be deleted. Pure: facts in, a number out.
#pragma once

#include <cstdint>
#include <vector>

#include "model/ids.h"
#include "storage/log_options.h"

namespace odradek::storage {

// One segment as retention sees it.
struct SegmentFacts {
  Offset base;
  Offset end;  // base of the next one, or the log's end
  uint64_t size_bytes = 0;
  int64_t largest_timestamp_ms = no_timestamp;  // of its records; of its creation if they say none
};

struct RetentionInput {
  std::vector<SegmentFacts> segments;  // in order, the active one last
  Offset start;                        // of the log
  Offset high_watermark;
  int64_t now_ms = 0;
};

struct RetentionPlan {
  size_t segments_to_delete = 0;  // from the front; may be all of them (a new one is rolled first)

  // A segment goes when it lies below the start of the log, or when the policy is to delete and the log is larger than
  // retention.bytes without it, or all its records are older than retention.ms. Only from the front, never
  // at or above the high watermark, and an empty active segment stays.
  [[nodiscard]] static RetentionPlan make(const RetentionInput& input, const LogOptions& options);
};

}  // namespace odradek::storage
