// PartitionLog: what compaction sees of it, and how a compacted segment takes its place.
#include <algorithm>
#include <iterator>

#include "runtime/shard.h"
#include "storage/log_files.h"
#include "storage/partition_log.h"
#include "storage/segment.h"

namespace odradek::storage {

runtime::Async<std::vector<CleaningFacts>> PartitionLog::cleaning_facts(bool with_timestamps) {
  std::vector<CleaningFacts> facts;
  const Segments segments = segments_;  // they may change while we read
  for (auto at = segments.begin(); at != segments.end(); ++at) {
    const auto next = std::next(at);
    Segment& segment = *at->second;
    CleaningFacts found{.base = at->first,
                        .end = next == segments.end() ? end_offset_ : next->first,
                        .size_bytes = segment.size(),
                        .index_bytes = segment.offsets().table().count() * OffsetIndex::Entry::size,
                        .time_index_bytes = segment.times().table().count() * TimeIndex::Entry::size};
    if (with_timestamps && next != segments.end()) {
      CO_TRY(const int64_t largest, co_await segment.largest_timestamp());
      found.largest_timestamp_ms = largest >= 0 ? largest : segment.created_ms();
      CO_TRY(found.first_timestamp_ms, co_await segment.first_timestamp());
    }
    facts.push_back(found);
  }
  co_return facts;
}

runtime::Async<CleaningPlan> PartitionLog::plan_cleaning(Offset last_stable, int64_t now_ms) {
  CleaningInput input{.segments = {},
                      .start = start_offset_,
                      .first_dirty = first_dirty_,
                      .last_stable = std::min(last_stable, first_unstable_offset().value_or(last_stable)),
                      .now_ms = now_ms};
  // Most logs need no look at their files to know that there is nothing to do.
  const bool may_be_due = segments_.size() > 1 && segments_.rbegin()->first > first_dirty_;
  CO_TRY(input.segments, co_await cleaning_facts(may_be_due && needs_timestamps(options_)));
  co_return CleaningPlan::make(input, options_);
}

runtime::Async<> PartitionLog::expect_gaps_below(Offset end) {
  if (end > gaps_end_) {
    const std::string text = compaction_text(end);
    CO_TRY(co_await runtime::Shard::current().files().replace_file(join_path(directory(), compaction_file),
                                                                   Bytes(text.begin(), text.end())));
    gaps_end_ = end;
  }
  co_return {};
}

runtime::Async<bool> PartitionLog::swap_in(std::shared_ptr<Segment> cleaned,
                                           std::vector<std::shared_ptr<Segment>> sources, uint64_t cuts) {
  const auto turn = co_await structure_turn_.acquire();
  CO_TRY(check_usable());
  const auto is_as_it_was = [&](const std::shared_ptr<Segment>& source) {
    const auto found = segments_.find(source->base());
    return found != segments_.end() && found->second == source && std::next(found) != segments_.end();
  };
  if (cuts_ != cuts || !std::ranges::all_of(sources, is_as_it_was)) {
    co_return false;
  }
  runtime::FileSystem& files = runtime::Shard::current().files();
  // From the moment this name is on disk recovery takes the new segment for the old ones, whatever is left of them.
  Result<> renamed = co_await cleaned->rename_to(swap_suffix);
  if (renamed) {
    renamed = co_await files.sync_directory(directory());
  }
  if (!renamed) {
    Result<> removed = co_await cleaned->remove();
    if (removed) {
      removed = co_await files.sync_directory(directory());
    }
    failed_ = failed_ || !removed;  // or the next start would take it for finished
    co_return std::unexpected(renamed.error());
  }
  {
    const auto flush_turn = co_await flush_turn_.acquire();  // no sync is looking at the old ones
    for (const std::shared_ptr<Segment>& source : sources) {
      segments_.erase(source->base());
      sealed_unsynced_.erase(source->base());
    }
    segments_.emplace(cleaned->base(), cleaned);
    recent_.clear();
    ++swaps_;
  }
  const runtime::MonotonicTime now = runtime::Shard::current().now();
  for (const std::shared_ptr<Segment>& source : sources) {
    renamed = co_await source->rename_to(deleted_suffix);
    if (!renamed) {
      break;
    }
    deleted_.push_back({source, now});
  }
  // The old names are gone for good before the new one appears: never may both be found.
  if (renamed) {
    renamed = co_await files.sync_directory(directory());
  }
  if (renamed) {
    renamed = co_await cleaned->rename_to({});
  }
  if (renamed) {
    renamed = co_await files.sync_directory(directory());
  }
  if (!renamed) {
    failed_ = true;  // readers find everything, but the next start has to finish this
    co_return std::unexpected(renamed.error());
  }
  co_return true;
}

}  // namespace odradek::storage
