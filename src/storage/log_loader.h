// Makes a PartitionLog from what lies in its directory.
//
// After a clean stop it trusts sizes and indexes and reads only the tail of the active segment. Otherwise, and where
// an index is missing or does not fit, it recovers: from the recovery point on every batch is checked, the log is cut
// at the first bad one, and indexes, epochs and producers are built anew. What a cleaner left half-done it ends first
// (log_leftovers.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/file.h"
#include "runtime/task.h"
#include "storage/log_scanner.h"
#include "storage/partition_log.h"
#include "storage/segment.h"

namespace odradek::storage {

class LogLoader {
 public:
  // `log` is empty yet.
  LogLoader(PartitionLog& log, const LogPlace& place) : log_(log), place_(place) {}
  LogLoader(PartitionLog&&, const LogPlace&) = delete;

  // Errors of the disk; CorruptMessage where partition.metadata of a log with records holds no topic id.
  [[nodiscard]] runtime::Async<> load();

  // Fills the producer table as of `end` from the newest usable snapshot and the batches after it.
  [[nodiscard]] static runtime::Async<> rebuild_producers(PartitionLog& log, Offset end);

 private:
  [[nodiscard]] runtime::Async<> sort_files();
  [[nodiscard]] runtime::Async<> read_metadata();
  [[nodiscard]] runtime::Async<> read_epochs();
  [[nodiscard]] runtime::Async<> read_compaction();
  [[nodiscard]] Offset first_unsafe() const;
  [[nodiscard]] runtime::Async<> open_tail();
  [[nodiscard]] runtime::Async<> settle_offsets();
  [[nodiscard]] runtime::Async<> drop_stray_snapshots();

  // Recovery.
  [[nodiscard]] bool is_hole(Offset end, Offset next_base) const;
  [[nodiscard]] runtime::Async<> drop_segments_above(Offset base);
  [[nodiscard]] runtime::Async<> recover_from(Offset base);
  // Where checking begins: at the recovery point if it lies in that segment and fits, else at the segment's begin.
  [[nodiscard]] runtime::Async<ResumePoint> resume_point(std::shared_ptr<Segment> segment);
  [[nodiscard]] runtime::Async<bool> recover_segment(std::shared_ptr<Segment> segment, uint64_t from);  // false: cut
  [[nodiscard]] runtime::Async<> take_in(LogScanner& scanner, ScannedBatch batch, Segment& segment);

  PartitionLog& log_;
  LogPlace place_;
  std::vector<runtime::DirectoryEntry> entries_;
  bool has_metadata_ = false;
  bool has_epochs_ = false;
  bool has_compaction_ = false;
  bool epochs_unreadable_ = false;
  bool recovered_ = false;
  bool dropped_ = false;  // segments, in recovery
};

}  // namespace odradek::storage
