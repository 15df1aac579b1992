// One file of batches and its three maps.
//
// Covers the offsets from its base up to the next segment's base. Only the last segment of a log, the active one,
// grows; its indexes are in memory then and reach their files when it is sealed. Owned by its PartitionLog (shared with
// reads that are under way); touched only on that log's shard.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/ids.h"
#include "record/batch_header.h"
#include "runtime/file.h"
#include "storage/aborted_index.h"
#include "storage/lazy_file.h"
#include "storage/log_options.h"
#include "storage/log_scanner.h"
#include "storage/offset_index.h"
#include "storage/time_index.h"

namespace odradek::storage {

// Sizes in bytes of a segment's files, as the directory says; nothing: there is no such file.
struct SegmentFiles {
  std::optional<uint64_t> log;
  std::optional<uint64_t> index;
  std::optional<uint64_t> time_index;
  bool has_aborted_index = false;
};

struct SegmentRecord {
  Offset offset;
  int64_t timestamp;
  LeaderEpoch epoch;
};

// Where checking of a log goes on: nothing below needs it.
struct ResumePoint {
  uint64_t position = 0;
  Offset next;  // the offset after the batch before
};

class Segment {
 public:
  // `created_ms`: what its age counts from as long as its records say no time. `name_end`: what follows the usual file
  // names.
  Segment(runtime::Directory directory, Offset base, const SegmentFiles& files, int64_t created_ms,
          std::string_view name_end = {});

  [[nodiscard]] Offset base() const { return base_; }
  [[nodiscard]] uint64_t size() const { return size_; }
  // Whether a batch may end there: what its indexes cannot say is not in a segment. For offsets from base() on.
  [[nodiscard]] bool can_hold(Offset last) const { return last - base_ <= std::numeric_limits<int32_t>::max(); }
  [[nodiscard]] AbortedIndex& aborted() { return aborted_; }
  [[nodiscard]] OffsetIndex& offsets() { return offsets_; }
  [[nodiscard]] TimeIndex& times() { return times_; }
  // Whether the index files are there and of a sensible size; if not they are to be rebuilt.
  [[nodiscard]] bool has_sound_index_sizes() const { return sound_index_sizes_; }

  // --- growing: the active segment only -----------------------------------------------------------------------
  // Makes the file, if there is none.
  [[nodiscard]] runtime::Async<> create();
  // The same without making the file: the first append does.
  void begin();
  // Reads the indexes into memory and finds the end of the log: the next offset. CorruptMessage where the file ends in
  // something that is no whole batch, or the index does not fit it.
  [[nodiscard]] runtime::Async<Offset> activate();
  // Appends `size` bytes. On failure the file has its old size again; where even that fails the error is Io.
  [[nodiscard]] runtime::Async<> write(std::vector<ByteView> pieces, uint64_t size);
  // Takes the batch at `position`, the last so far, into the indexes.
  void note(const record::BatchHeader& header, uint64_t position, uint64_t index_interval);
  // Whether `size` more bytes up to offset `last` with this largest timestamp belong into a new segment.
  [[nodiscard]] runtime::Async<bool> is_full_for(const LogOptions* options, uint64_t size, int64_t max_timestamp,
                                                 Offset last, int64_t now_ms);
  // Writes the entries that the index files lack.
  [[nodiscard]] runtime::Async<> store_indexes_so_far();
  // Writes the indexes with their closing entry. A sealed segment's leave memory.
  [[nodiscard]] runtime::Async<> store_indexes(bool stays_active);

  // --- reading ------------------------------------------------------------------------------------------------
  // The first batch whose last offset is at or above `target`; nothing if all are below.
  [[nodiscard]] runtime::Async<std::optional<ScannedBatch>> find(Offset target);
  [[nodiscard]] runtime::Async<Blob> range(uint64_t position, uint64_t size);
  [[nodiscard]] runtime::Async<runtime::File*> file() { return log_.get(); }
  // -1: no record says its time. Of a sealed segment the file is asked once.
  [[nodiscard]] runtime::Async<int64_t> largest_timestamp();
  // That of its records from `from` on.
  [[nodiscard]] runtime::Async<int64_t> largest_timestamp_from(Offset from);
  // That of its first batch, the largest there; -1: it says none, or there is none.
  [[nodiscard]] runtime::Async<int64_t> first_timestamp();
  [[nodiscard]] int64_t created_ms() const { return created_ms_; }
  // The first record at or above both; nothing if there is none.
  [[nodiscard]] runtime::Async<std::optional<SegmentRecord>> find_timestamp(int64_t timestamp, Offset from);

  // --- cutting and ending ---------------------------------------------------------------------------------------
  // Forgets the batch that holds `end` and all after it; the segment becomes active. The offset it ends at now.
  [[nodiscard]] runtime::Async<Offset> truncate_to(Offset end);
  // Forgets the indexes: recovery then notes every batch again and cuts the file where they end.
  [[nodiscard]] runtime::Async<> begin_rebuild();
  [[nodiscard]] runtime::Async<> cut_file(uint64_t size);
  // Trusts what lies below `from`, cuts the indexes there and finds the place. CorruptMessage where the index does not
  // fit, or the log ends before `from`: then it is to be rebuilt as a whole.
  [[nodiscard]] runtime::Async<ResumePoint> resume_at(Offset from, uint64_t index_interval);
  // Return when what was written before is on disk: the log alone, or its indexes too.
  [[nodiscard]] runtime::Async<> sync_records();
  [[nodiscard]] runtime::Async<> sync();
  // Renames all files to their usual names with `name_end` after them; reads go on.
  [[nodiscard]] runtime::Async<> rename_to(std::string_view name_end);
  [[nodiscard]] runtime::Async<> remove();

 private:
  [[nodiscard]] runtime::Async<> load_first_timestamp();

  Offset base_;
  LazyFile log_;
  OffsetIndex offsets_;
  TimeIndex times_;
  AbortedIndex aborted_;
  bool sound_index_sizes_;
  uint64_t size_;
  int64_t created_ms_;
  uint64_t bytes_since_index_ = 0;
  std::optional<int64_t> first_timestamp_;  // largest of the first batch; age counts from it
  int64_t max_timestamp_ = no_timestamp;    // while its indexes are loaded
  Offset offset_of_max_;
  std::optional<int64_t> sealed_max_timestamp_;  // while they are not, once somebody has asked
};

}  // namespace odradek::storage
