#include "storage/retention_plan.h"

#include <algorithm>
#include <functional>

namespace odradek::storage {

namespace {

// How many segments from `first` on may go and are unwanted, one after the other.
size_t count_from(const RetentionInput& input, size_t first, const std::function<bool(const SegmentFacts&)>& unwanted) {
  size_t at = first;
  while (at < input.segments.size()) {
    const SegmentFacts& segment = input.segments[at];
    const bool is_active = at + 1 == input.segments.size();
    if (segment.end > input.high_watermark || (is_active && segment.size_bytes == 0) || !unwanted(segment)) {
      break;
    }
    ++at;
  }
  return at - first;
}

size_t below_start(const RetentionInput& input) {
  const bool has_next = input.segments.size() > 1;
  const auto is_below = [&](const SegmentFacts& segment) {
    return has_next && segment.base != input.segments.back().base && segment.end <= input.start;
  };
  return count_from(input, 0, is_below);
}

size_t above_size(const RetentionInput& input, size_t first, int64_t retention_bytes) {
  uint64_t total = 0;
  for (size_t i = first; i < input.segments.size(); ++i) {
    total += input.segments[i].size_bytes;
  }
  const auto limit = static_cast<uint64_t>(retention_bytes);
  const auto is_surplus = [&total, limit](const SegmentFacts& segment) {
    if (total < limit + segment.size_bytes) {
      return false;
    }
    total -= segment.size_bytes;
    return true;
  };
  return count_from(input, first, is_surplus);
}

size_t too_old(const RetentionInput& input, size_t first, int64_t retention_ms) {
  const auto is_old = [&](const SegmentFacts& segment) {
    return input.now_ms - segment.largest_timestamp_ms > retention_ms;
  };
  return count_from(input, first, is_old);
}

}  // namespace

RetentionPlan RetentionPlan::make(const RetentionInput& input, const LogOptions& options) {
  size_t count = below_start(input);
  if (options.deletes && options.retention_bytes >= 0) {
    count += above_size(input, count, options.retention_bytes);
  }
  if (options.deletes && options.retention_ms >= 0) {
    count += too_old(input, count, options.retention_ms);
  }
  return {count};
}

}  // namespace odradek::storage
