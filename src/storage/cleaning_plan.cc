#include "storage/cleaning_plan.h"

#include <algorithm>
#include <limits>

namespace odradek::storage {

namespace {

constexpr int64_t lag_never = std::numeric_limits<int64_t>::max();

// Segments from the one that holds `offset` on.
size_t first_holding(const std::vector<CleaningFacts>& segments, Offset offset) {
  const auto holds = [offset](const CleaningFacts& segment) { return segment.end > offset; };
  return static_cast<size_t>(std::ranges::find_if(segments, holds) - segments.begin());
}

// What the checkpoint said, if the log still is as it was then.
Offset first_dirty(const CleaningInput& input) {
  const bool fits = input.first_dirty >= input.start && input.first_dirty <= input.segments.back().end;
  return fits ? input.first_dirty : input.start;
}

Offset upper_bound(const CleaningInput& input, Offset dirty, const LogOptions& options) {
  const auto& segments = input.segments;
  size_t bound = std::min(first_holding(segments, input.last_stable), segments.size() - 1);
  const int64_t lag = options.min_compaction_lag.count();
  if (lag > 0) {
    for (size_t i = first_holding(segments, dirty); i < bound; ++i) {
      if (segments[i].largest_timestamp_ms > input.now_ms - lag) {
        bound = i;
      }
    }
  }
  return segments[bound].base;
}

bool is_overdue(const CleaningInput& input, Offset dirty, const LogOptions& options) {
  const int64_t lag = options.max_compaction_lag.count();
  if (lag == lag_never) {
    return false;
  }
  const auto& segments = input.segments;
  for (size_t i = first_holding(segments, dirty); i + 1 < segments.size(); ++i) {
    if (segments[i].first_timestamp_ms > 0 && segments[i].first_timestamp_ms < input.now_ms - lag) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool needs_timestamps(const LogOptions& options) {
  return options.min_compaction_lag.count() > 0 || options.max_compaction_lag.count() != lag_never;
}

CleaningPlan CleaningPlan::make(const CleaningInput& input, const LogOptions& options) {
  CleaningPlan plan;
  plan.first_dirty = storage::first_dirty(input);
  plan.upper_bound = storage::upper_bound(input, plan.first_dirty, options);
  uint64_t clean = 0;
  uint64_t dirty = 0;
  for (const CleaningFacts& segment : input.segments) {
    if (segment.base >= plan.upper_bound) {
      break;
    }
    // A segment that was compacted in part, because the keys filled the memory, is dirty.
    (segment.end > plan.first_dirty ? dirty : clean) += segment.size_bytes;
  }
  if (dirty == 0) {
    return plan;
  }
  plan.dirty_share = static_cast<double>(dirty) / static_cast<double>(clean + dirty);
  plan.is_overdue = storage::is_overdue(input, plan.first_dirty, options);
  plan.is_due = plan.is_overdue || plan.dirty_share > options.min_cleanable_dirty_ratio;
  return plan;
}

std::vector<size_t> group_segments(const std::vector<CleaningFacts>& segments, Offset end, Offset upper_bound,
                                   const LogOptions& options) {
  std::vector<size_t> groups;
  Offset first;
  uint64_t size = 0;
  uint64_t index = 0;
  uint64_t times = 0;
  for (size_t i = 0; i < segments.size() && segments[i].base < end; ++i) {
    const CleaningFacts& next = segments[i];
    const bool has_next = i + 1 < segments.size() && segments[i + 1].base < end;
    const Offset last = (has_next ? segments[i + 1].base : upper_bound) + -1;
    const bool fits = !groups.empty() && size + next.size_bytes <= options.segment_bytes_max &&
                      index + next.index_bytes <= options.segment_index_bytes_max &&
                      times + next.time_index_bytes <= options.segment_index_bytes_max &&
                      (next.size_bytes == 0 || last - first <= std::numeric_limits<int32_t>::max());
    if (!fits) {
      groups.push_back(0);
      first = next.base;
      size = index = times = 0;
    }
    ++groups.back();
    size += next.size_bytes;
    index += next.index_bytes;
    times += next.time_index_bytes;
  }
  return groups;
}

}  // namespace odradek::storage
