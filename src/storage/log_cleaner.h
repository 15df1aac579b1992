// Compacts a log: of each key the last record stays, as Kafka's cleaner would have it.
//
// Two passes. The first reads the dirty end of the log and notes the last offset of each key, as many keys as memory
// was given for; it stops at the first that does not fit, and the next cleaning goes on there. The second reads all
// segments up to that offset and writes what stays of them (see batch_filter.h) into new ones, small neighbours
// becoming one, which take the place of the old ones one group after the other. A segment of which everything stays is
// left alone.
//
// Runs beside appends and reads: it works in slices and lets others run in between. Memory: the table of keys, two
// buffers, the indexes of the segment it writes, and two batches.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/task.h"
#include "runtime/time.h"
#include "storage/batch_filter.h"
#include "storage/cleaned_segment.h"
#include "storage/cleaned_transactions.h"
#include "storage/cleaning_plan.h"
#include "storage/offset_map.h"
#include "storage/partition_log.h"

namespace odradek::storage {

struct CleanerOptions {
  size_t map_bytes_max = 8 << 20;                                         // for keys
  double map_load_factor = 0.9;                                           // share of it that may be filled
  size_t buffer_bytes = 256 << 10;                                        // for reading, and again for writing
  double bytes_per_second_max = std::numeric_limits<double>::infinity();  // read and written
};

struct CleaningReport {
  Offset first_dirty;        // where it began,
  Offset cleaned_to;         // and up to where the log is compacted now
  bool is_complete = false;  // false: it was cancelled, or the log was cut meanwhile
  bool map_was_full = false;
  size_t keys = 0;
  uint64_t bytes_before = 0;  // of the segments looked at
  uint64_t bytes_after = 0;
  uint64_t bytes_read = 0;  // in both passes
  uint64_t bytes_written = 0;
  size_t segments_before = 0;
  size_t segments_after = 0;
};

class LogCleaner {
 public:
  // `log` outlives it and is not closed before clean() has returned. Once `is_cancelled` says so clean() ends soon.
  LogCleaner(PartitionLog& log, const CleanerOptions& options, std::function<bool()> is_cancelled);

  // As log.plan_cleaning() has it. CorruptMessage, InvalidRecord, UnsupportedCompressionType: the log holds what cannot
  // be compacted; it stays as it is. Io, NoSpace, TooManyOpenFiles.
  [[nodiscard]] runtime::Async<CleaningReport> clean(CleaningPlan plan, int64_t now_ms);

 private:
  using Sources = std::vector<std::shared_ptr<Segment>>;

  [[nodiscard]] runtime::Async<> clean_all(CleaningPlan plan, Sources segments);
  [[nodiscard]] runtime::Async<> read_keys(CleaningPlan plan, Sources segments);
  [[nodiscard]] runtime::Async<> read_keys_of(std::shared_ptr<Segment> segment, Offset from,
                                              CleanedTransactions& transactions);
  [[nodiscard]] runtime::Async<> read_keys_in(record::BatchHeader header, ByteView batch, Offset from);
  [[nodiscard]] runtime::Async<int64_t> legacy_horizon(CleaningPlan plan);
  [[nodiscard]] runtime::Async<> clean_group(CleaningPlan plan, Sources sources);
  [[nodiscard]] runtime::Async<bool> filter_all(CleaningPlan plan, Sources sources, CleanedSegment* into);
  [[nodiscard]] runtime::Async<bool> filter(const FilterRules* rules, std::shared_ptr<Segment> source,
                                            CleanedSegment* into);
  [[nodiscard]] runtime::Async<> put(const BatchFilter* filter, const ScannedBatch* batch, ByteView bytes,
                                     CleanedSegment* into);

  // Lets others run now and then, and keeps to the bytes per second.
  [[nodiscard]] runtime::Task<void> pace(uint64_t bytes);
  // Once it says so it does for good: what was left undone is not taken for done.
  [[nodiscard]] bool must_stop();
  // Retention has taken it meanwhile.
  [[nodiscard]] bool is_gone(const Segment& segment) const;

  PartitionLog& log_;
  CleanerOptions options_;
  std::function<bool()> is_cancelled_;
  uint64_t cuts_;
  bool is_stopped_ = false;
  std::optional<OffsetMap> map_;
  Offset map_end_;  // all keys below are in the map
  CleanedTransactions transactions_;
  int64_t now_ms_ = 0;
  int64_t legacy_horizon_ms_ = 0;
  CleaningReport report_;
  uint64_t since_yield_ = 0;     // bytes
  runtime::MonotonicTime paid_;  // the bytes so far were allowed up to this moment
};

}  // namespace odradek::storage
