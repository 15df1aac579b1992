#include "storage/log_cleaner.h"

#include <algorithm>
#include <utility>

#include "record/batch_reader.h"
#include "record/control_record.h"
#include "runtime/shard.h"
#include "runtime/wait.h"
#include "storage/log_scanner.h"
#include "storage/segment.h"

namespace odradek::storage {

namespace {

constexpr uint64_t slice_bytes = 64 << 10;
constexpr runtime::Duration nap_max = std::chrono::milliseconds(100);  // it may be cancelled in between
constexpr runtime::Duration credit_max = std::chrono::milliseconds(300);

// The next whole batch at or above `next`, checked; nothing at the end of the segment.
runtime::Async<std::optional<ScannedBatch>> next_batch(LogScanner& scanner, Segment& segment, Offset& next) {
  CO_TRY(const auto batch, co_await scanner.next());
  if (!batch) {
    if (scanner.position() != segment.size()) {
      co_return fail(Errc::CorruptMessage, "segment that ends inside a batch");
    }
    co_return batch;
  }
  CO_TRY(const ByteView bytes, co_await scanner.bytes());
  CO_TRY(record::check_batch(bytes));
  const record::BatchHeader& header = batch->header;
  if (header.base_offset < next || header.last_offset < header.base_offset ||
      header.last_offset - segment.base() > std::numeric_limits<int32_t>::max()) {
    co_return fail(Errc::CorruptMessage, "batch whose offsets do not fit its place");
  }
  next = header.next_offset();
  co_return batch;
}

Result<std::optional<record::ControlType>> control_type(ByteView batch, bool& is_empty) {
  record::RecordReader reader(batch);
  TRY(const auto first, reader.next_record());
  is_empty = !first.has_value();
  return first ? record::parse_control_type(*first) : std::optional<record::ControlType>();
}

}  // namespace

LogCleaner::LogCleaner(PartitionLog& log, const CleanerOptions& options, std::function<bool()> is_cancelled)
    : log_(log), options_(options), is_cancelled_(std::move(is_cancelled)), cuts_(log.cuts_) {}

runtime::Async<CleaningReport> LogCleaner::clean(CleaningPlan plan, int64_t now_ms) {
  now_ms_ = now_ms;
  paid_ = runtime::Shard::current().now();
  report_.first_dirty = plan.first_dirty;
  report_.cleaned_to = plan.first_dirty;
  Sources segments;
  for (const auto& [base, segment] : log_.segments_) {
    if (base < plan.upper_bound) {
      segments.push_back(segment);
    }
  }
  const Result<> done = co_await clean_all(plan, segments);
  map_.reset();
  // Files of a segment that retention took may be removed while we are about to read them.
  const bool is_overtaken = !segments.empty() && is_gone(*segments.front());
  if (!done && (done.error().code != Errc::NotFound || !is_overtaken)) {
    co_return std::unexpected(done.error());
  }
  if (done && !must_stop()) {
    log_.first_dirty_ = map_end_;
    report_.cleaned_to = map_end_;
    report_.is_complete = true;
  }
  co_return report_;
}

runtime::Async<> LogCleaner::clean_all(CleaningPlan plan, Sources segments) {
  CO_TRY(std::vector<CleaningFacts> facts, co_await log_.cleaning_facts(false));
  facts.resize(segments.size());
  CO_TRY(co_await read_keys(plan, segments));
  CO_TRY(legacy_horizon_ms_, co_await legacy_horizon(plan));
  report_.keys = map_->size();
  if (log_.flushed_offset() < map_end_) {
    // What a power cut may still take replaces nothing that it cannot take.
    CO_TRY(co_await log_.flush());
  }
  auto next = segments.begin();
  for (const size_t count : group_segments(facts, map_end_, plan.upper_bound, log_.options_)) {
    if (must_stop()) {
      break;
    }
    Sources group(next, next + static_cast<std::ptrdiff_t>(count));
    next += static_cast<std::ptrdiff_t>(count);
    std::erase_if(group, [this](const std::shared_ptr<Segment>& source) { return is_gone(*source); });
    if (!group.empty()) {
      CO_TRY(co_await clean_group(plan, std::move(group)));
    }
  }
  co_return {};
}

bool LogCleaner::must_stop() {
  is_stopped_ = is_stopped_ || is_cancelled_() || log_.failed_ || log_.cuts_ != cuts_;
  return is_stopped_;
}

bool LogCleaner::is_gone(const Segment& segment) const {
  return !log_.segments_.empty() && segment.base() < log_.segments_.begin()->first;
}

runtime::Async<> LogCleaner::read_keys(CleaningPlan plan, Sources segments) {
  runtime::Random& random = runtime::Shard::current().random();
  const auto records_max = static_cast<uint64_t>(std::max<int64_t>(plan.upper_bound - plan.first_dirty, 1));
  const detail::HashKey seed{random.next(), random.next()};
  map_.emplace(records_max, options_.map_bytes_max, options_.map_load_factor, seed);
  map_end_ = plan.upper_bound;
  CleanedTransactions transactions;
  CO_TRY(const auto aborted, co_await log_.aborted_transactions(plan.first_dirty, plan.upper_bound));
  transactions.expect_aborted(aborted);
  for (size_t i = 0; i < segments.size() && !report_.map_was_full && !must_stop(); ++i) {
    const bool is_dirty = i + 1 == segments.size() || segments[i + 1]->base() > plan.first_dirty;
    if (is_dirty && !is_gone(*segments[i])) {
      CO_TRY(co_await read_keys_of(segments[i], plan.first_dirty, transactions));
    }
  }
  co_return {};
}

runtime::Async<> LogCleaner::read_keys_of(std::shared_ptr<Segment> segment, Offset from,
                                          CleanedTransactions& transactions) {
  if (segment->size() == 0) {
    co_return {};
  }
  CO_TRY(runtime::File* const file, co_await segment->file());
  CO_TRY(const auto floor, co_await segment->offsets().floor(from));
  LogScanner scanner(*file, floor.position, segment->size(), options_.buffer_bytes);
  Offset next = segment->base();
  while (!report_.map_was_full && !must_stop()) {
    CO_TRY(const auto batch, co_await next_batch(scanner, *segment, next));
    if (!batch) {
      break;
    }
    co_await pace(batch->header.size);
    report_.bytes_read += batch->header.size;
    CO_TRY(const ByteView bytes, co_await scanner.bytes());
    if (batch->header.is_control()) {
      bool is_empty = false;
      CO_TRY(const auto type, control_type(bytes, is_empty));
      [[maybe_unused]] const auto marker = transactions.end(batch->header, type, is_empty);
    } else if (!transactions.is_aborted(batch->header) && batch->header.last_offset >= from) {
      CO_TRY(co_await read_keys_in(batch->header, bytes, from));
    }
  }
  co_return {};
}

runtime::Async<> LogCleaner::read_keys_in(record::BatchHeader header, ByteView batch, Offset from) {
  record::RecordReader reader(batch);
  uint64_t seen = 0;
  for (;;) {
    CO_TRY(const record::ReadStep step, reader.next());
    if (step == record::ReadStep::End) {
      co_return {};
    }
    const bool is_record = step == record::ReadStep::Record;
    if (is_record && reader.record().key && reader.record().offset >= from &&
        !map_->put(*reader.record().key, reader.record().offset)) {
      map_end_ = reader.record().offset;
      report_.map_was_full = true;
      co_return {};
    }
    seen += is_record ? reader.record().size : slice_bytes;
    // A batch of many small records, or one that grows when it is unpacked.
    if (seen >= slice_bytes && header.size > 0) {
      seen = 0;
      co_await runtime::yield();
    }
  }
}

// Tombstones of formats v0 and v1 carry no horizon; they go when their segment is so much older than the end of what
// was compacted before.
runtime::Async<int64_t> LogCleaner::legacy_horizon(CleaningPlan plan) {
  auto at = log_.segments_.lower_bound(plan.first_dirty);
  if (at == log_.segments_.begin()) {
    co_return 0;
  }
  const std::shared_ptr<Segment> last = std::prev(at)->second;
  CO_TRY(const int64_t largest, co_await last->largest_timestamp());
  co_return (largest >= 0 ? largest : last->created_ms()) - log_.options_.delete_retention.count();
}

runtime::Async<> LogCleaner::clean_group(CleaningPlan plan, Sources sources) {
  const uint64_t bytes_before = [&] {
    uint64_t bytes = 0;
    for (const auto& source : sources) {
      bytes += source->size();
    }
    return bytes;
  }();
  report_.segments_before += sources.size();
  report_.bytes_before += bytes_before;
  if (sources.size() == 1) {
    // Mostly something goes and it goes early; then this look cost little.
    const CleanedTransactions before = transactions_;
    CO_TRY(const bool all_stays, co_await filter_all(plan, sources, nullptr));
    if (all_stays) {
      report_.segments_after += 1;
      report_.bytes_after += bytes_before;
      co_return {};
    }
    transactions_ = before;
  }
  int64_t created_ms = 0;
  for (const auto& source : sources) {
    created_ms = std::max(created_ms, source->created_ms());
  }
  CleanedSegment cleaned(log_.directory_, sources.front()->base(), created_ms, options_.buffer_bytes,
                         log_.options_.index_interval_bytes);
  Result<> done = co_await cleaned.create();
  if (done) {
    const Result<bool> filtered = co_await filter_all(plan, sources, &cleaned);
    done = filtered ? Result<>() : std::unexpected(filtered.error());
  }
  if (done && !must_stop()) {
    done = co_await cleaned.finish();
  }
  if (done && !must_stop()) {
    const auto next = log_.segments_.upper_bound(sources.back()->base());
    done = co_await log_.expect_gaps_below(next == log_.segments_.end() ? log_.end_offset_ : next->first);
  }
  if (!done || must_stop()) {
    [[maybe_unused]] const Result<> discarded = co_await cleaned.discard();  // else the next start removes it
    co_return done;
  }
  CO_TRY(const bool swapped, co_await log_.swap_in(cleaned.segment(), sources, cuts_));
  if (!swapped) {
    is_stopped_ = true;  // the log is not what was planned for
    co_return co_await cleaned.discard();
  }
  report_.segments_after += 1;
  report_.bytes_after += cleaned.segment()->size();
  co_return {};
}

runtime::Async<bool> LogCleaner::filter_all(CleaningPlan plan, Sources sources, CleanedSegment* into) {
  for (size_t i = 0; i < sources.size(); ++i) {
    const std::shared_ptr<Segment>& source = sources[i];
    const auto next = log_.segments_.upper_bound(source->base());
    const Offset end = next == log_.segments_.end() ? log_.end_offset_ : next->first;
    CO_TRY(const auto aborted, co_await log_.aborted_transactions(source->base(), end));
    transactions_.expect_aborted(aborted);
    CO_TRY(const int64_t largest, co_await source->largest_timestamp());
    const FilterRules rules{
        .map = *map_,
        .map_end = map_end_,
        .upper_bound = plan.upper_bound,
        .producers = log_.producers_,
        .now_ms = now_ms_,
        .delete_retention_ms = log_.options_.delete_retention.count(),
        .keeps_legacy_tombstones = (largest >= 0 ? largest : source->created_ms()) > legacy_horizon_ms_,
        .levels = log_.options_.produce.levels};
    CO_TRY(const bool goes_on, co_await filter(&rules, source, into));
    if (!goes_on) {
      co_return false;
    }
  }
  co_return true;
}

// Without `into` it only looks: false at the first batch that would not stay as it is.
runtime::Async<bool> LogCleaner::filter(const FilterRules* rules, std::shared_ptr<Segment> source,
                                        CleanedSegment* into) {
  if (source->size() == 0) {
    co_return true;
  }
  CO_TRY(runtime::File* const file, co_await source->file());
  LogScanner scanner(*file, 0, source->size(), options_.buffer_bytes);
  Offset next = source->base();
  while (!must_stop()) {
    CO_TRY(const auto batch, co_await next_batch(scanner, *source, next));
    if (!batch) {
      co_return true;
    }
    co_await pace(batch->header.size);
    report_.bytes_read += batch->header.size;
    CO_TRY(const ByteView bytes, co_await scanner.bytes());
    BatchFilter filter(*rules, transactions_, batch->header, bytes);
    for (;;) {
      CO_TRY(const bool is_done, filter.step());
      if (is_done) {
        break;
      }
      co_await pace(0);
    }
    if (into == nullptr && filter.fate() != BatchFate::Kept) {
      co_return false;
    }
    if (into != nullptr) {
      CO_TRY(co_await put(&filter, &*batch, bytes, into));
    }
  }
  co_return false;
}

runtime::Async<> LogCleaner::put(const BatchFilter* filter, const ScannedBatch* batch, ByteView bytes,
                                 CleanedSegment* into) {
  switch (filter->fate()) {
    case BatchFate::Kept: {
      CO_TRY(co_await into->append(bytes, batch->header));
      report_.bytes_written += bytes.size();
      co_await pace(bytes.size());
      break;
    }
    case BatchFate::Replaced: {
      const ByteView replacement(filter->replacement());
      CO_TRY(const record::BatchHeader header, record::parse_batch_header(replacement));
      CO_TRY(co_await into->append(replacement, header));
      report_.bytes_written += replacement.size();
      co_await pace(replacement.size());
      break;
    }
    case BatchFate::Dropped: break;
  }
  if (filter->ended()) {
    CO_TRY(co_await into->append(*filter->ended()));
  }
  co_return {};
}

// Without bytes: a slice of work was done.
runtime::Task<void> LogCleaner::pace(uint64_t bytes) {
  since_yield_ += bytes == 0 ? slice_bytes : bytes;
  if (since_yield_ >= slice_bytes) {
    since_yield_ = 0;
    co_await runtime::yield();
  }
  if (options_.bytes_per_second_max >= 1e15) {
    co_return;
  }
  runtime::Shard& shard = runtime::Shard::current();
  const std::chrono::duration<double> cost(static_cast<double>(bytes) / options_.bytes_per_second_max);
  paid_ = std::max(paid_, shard.now() - credit_max) + std::chrono::duration_cast<runtime::Duration>(cost);
  while (paid_ > shard.now() && !must_stop()) {
    co_await runtime::sleep_for(std::min<runtime::Duration>(paid_ - shard.now(), nap_max));
  }
}

}  // namespace odradek::storage
