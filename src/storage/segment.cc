#include "storage/segment.h"

#include <algorithm>
#include <array>
#include <utility>

#include "record/batch_reader.h"
#include "runtime/wait.h"
#include "storage/log_files.h"

namespace odradek::storage {

namespace {

bool has_sound_sizes(const SegmentFiles& files) {
  return files.index.has_value() && files.time_index.has_value() && *files.index % OffsetIndex::Entry::size == 0 &&
         *files.time_index % TimeIndex::Entry::size == 0;
}

std::string full_name(Offset base, std::string_view suffix, std::string_view name_end) {
  return file_name(base, suffix) + std::string(name_end);
}

constexpr uint64_t header_slice_bytes = 4 << 20;    // of a log whose headers are read one after the other
constexpr uint64_t record_slice_bytes = 256 << 10;  // of the records of one batch

// What is done before others run.
class Slice {
 public:
  explicit Slice(uint64_t bytes) : bytes_(bytes) {}

  // Whether it is, with these; then the next begins.
  [[nodiscard]] bool is_over(uint64_t more) {
    done_ += more;
    if (done_ < bytes_) {
      return false;
    }
    done_ = 0;
    return true;
  }

 private:
  uint64_t bytes_;
  uint64_t done_ = 0;
};

// Shows the records of a batch to `see`, in order, until it says false. A megabyte may hold a thousand of them.
template <typename See>
runtime::Async<> walk_records(ByteView batch, See see) {
  record::RecordReader reader(batch);
  Slice slice(record_slice_bytes);
  for (;;) {
    CO_TRY(const record::ReadStep step, reader.next());
    if (step == record::ReadStep::End) {
      co_return {};
    }
    bool is_over = step == record::ReadStep::Pause;
    if (step == record::ReadStep::Record) {
      if (!see(reader.record())) {
        co_return {};
      }
      is_over = slice.is_over(reader.record().size);
    }
    if (is_over) {
      co_await runtime::yield();
    }
  }
}

}  // namespace

Segment::Segment(runtime::Directory directory, Offset base, const SegmentFiles& files, int64_t created_ms,
                 std::string_view name_end)
    : base_(base),
      log_(directory, full_name(base, log_suffix, name_end), files.log.has_value()),
      offsets_(base, LazyFile(directory, full_name(base, index_suffix, name_end), files.index.has_value()),
               files.index.value_or(0)),
      times_(base, LazyFile(directory, full_name(base, time_index_suffix, name_end), files.time_index.has_value()),
             files.time_index.value_or(0)),
      aborted_(LazyFile(directory, full_name(base, aborted_index_suffix, name_end), files.has_aborted_index)),
      sound_index_sizes_(has_sound_sizes(files)),
      size_(files.log.value_or(0)),
      created_ms_(created_ms),
      offset_of_max_(base) {}

runtime::Async<> Segment::create() {
  CO_TRY(co_await log_.make());
  begin();
  co_return {};
}

void Segment::begin() {
  if (!offsets_.table().is_loaded()) {
    offsets_.table().reset();
    times_.table().reset();
  }
}

runtime::Async<Offset> Segment::activate() {
  CO_TRY(co_await offsets_.table().load());
  CO_TRY(co_await times_.table().load());
  if (size_ == 0) {
    // Entries without a log are left over from something else.
    offsets_.truncate_to(base_);
    times_.truncate_to(base_);
    co_return base_;
  }
  CO_TRY(const auto last, co_await offsets_.last());
  CO_TRY(const auto latest, co_await times_.last());
  max_timestamp_ = latest.timestamp;
  offset_of_max_ = latest.offset;

  CO_TRY(runtime::File* const file, co_await log_.get());
  LogScanner scanner(*file, last.position, size_, LogScanner::chunk_for_headers);
  Offset next = base_;
  for (;;) {
    CO_TRY(const auto batch, co_await scanner.next());
    if (!batch) {
      break;
    }
    if (batch->header.last_offset < next ||
        (batch->position == last.position && last.position > 0 && batch->header.last_offset != last.offset)) {
      co_return fail(Errc::CorruptMessage, "index that does not fit its log");
    }
    if (!can_hold(batch->header.last_offset)) {
      co_return fail(Errc::CorruptMessage, "batch whose offsets do not fit its place");
    }
    next = batch->header.next_offset();
    if (batch->header.max_timestamp > max_timestamp_) {
      max_timestamp_ = batch->header.max_timestamp;
      offset_of_max_ = batch->header.last_offset;
    }
  }
  if (scanner.position() != size_) {
    co_return fail(Errc::CorruptMessage, "log that ends inside a batch");
  }
  if (latest.offset >= next) {
    co_return fail(Errc::CorruptMessage, "time index that does not fit its log");
  }
  bytes_since_index_ = size_ - last.position;
  co_return next;
}

runtime::Async<> Segment::write(std::vector<ByteView> pieces, uint64_t size) {
  CO_TRY(runtime::File* const file, co_await log_.make());
  const Result<> written = co_await file->write(size_, std::move(pieces));
  log_.written();
  if (!written && written.error().code == Errc::TooManyOpenFiles) {
    co_return written;  // it could not be opened again, let alone written to
  }
  if (!written) {
    const Result<> cut = co_await file->truncate(size_);
    if (!cut) {
      co_return fail(Errc::Io, "bytes of a failed write could not be cut off again: " + cut.error().message);
    }
    co_return written;
  }
  size_ += size;
  co_return {};
}

void Segment::note(const record::BatchHeader& header, uint64_t position, uint64_t index_interval) {
  if (position == 0) {
    first_timestamp_ = header.max_timestamp;
  }
  if (header.max_timestamp > max_timestamp_) {
    max_timestamp_ = header.max_timestamp;
    offset_of_max_ = header.last_offset;
  }
  if (bytes_since_index_ > index_interval && position > 0) {
    offsets_.append(header.last_offset, position);
    times_.append_if_larger(max_timestamp_, offset_of_max_);
    bytes_since_index_ = 0;
  }
  bytes_since_index_ += header.size;
}

runtime::Async<> Segment::load_first_timestamp() {
  if (first_timestamp_ || size_ == 0) {
    co_return {};
  }
  CO_TRY(runtime::File* const file, co_await log_.get());
  LogScanner scanner(*file, 0, size_, record::batch_header_size);
  CO_TRY(const auto first, co_await scanner.next());
  first_timestamp_ = first ? first->header.max_timestamp : no_timestamp;
  co_return {};
}

runtime::Async<int64_t> Segment::first_timestamp() {
  CO_TRY(co_await load_first_timestamp());
  co_return first_timestamp_.value_or(no_timestamp);
}

runtime::Async<bool> Segment::is_full_for(const LogOptions* options, uint64_t size, int64_t max_timestamp, Offset last,
                                          int64_t now_ms) {
  if (size_ + size > options->segment_bytes_max || !can_hold(last)) {
    co_return true;
  }
  const uint64_t index_entries_max = options->segment_index_bytes_max / OffsetIndex::Entry::size;
  const uint64_t time_entries_max = options->segment_index_bytes_max / TimeIndex::Entry::size;
  // One entry of the time index is reserved for the closing one.
  if (offsets_.table().count() >= index_entries_max || times_.table().count() + 1 >= time_entries_max) {
    co_return true;
  }
  if (size_ == 0) {
    co_return false;
  }
  CO_TRY(co_await load_first_timestamp());
  const int64_t age = *first_timestamp_ >= 0 ? max_timestamp - *first_timestamp_ : now_ms - created_ms_;
  const auto jitter = options->segment_jitter_max.count();
  // The jitter depends on the segment only, so that asking again gives the same answer.
  const int64_t spread = jitter > 0 ? static_cast<int64_t>(std::hash<Offset>{}(base_ + created_ms_)) % jitter : 0;
  // What must be compacted soon must leave the active segment first.
  const int64_t age_max = options->compacts ? std::min(options->segment_age_max, options->max_compaction_lag).count()
                                            : options->segment_age_max.count();
  co_return age > age_max - std::min(std::abs(spread), age_max);
}

runtime::Async<> Segment::store_indexes_so_far() {
  if (size_ == 0) {
    co_return {};
  }
  CO_TRY(co_await offsets_.table().store());
  co_return co_await times_.table().store();
}

runtime::Async<> Segment::store_indexes(bool stays_active) {
  // An empty segment needs none: thousands of idle partitions stop without a file made for each. Kafka makes them.
  if (size_ == 0 && !offsets_.table().file().exists() && !times_.table().file().exists()) {
    co_return {};
  }
  if (times_.table().is_loaded()) {
    times_.append_if_larger(max_timestamp_, offset_of_max_);
  }
  CO_TRY(co_await offsets_.table().store());
  CO_TRY(co_await times_.table().store());
  if (!stays_active) {
    // Both or none: a segment whose indexes could not be written stays active.
    offsets_.table().unload();
    times_.table().unload();
    sealed_max_timestamp_.reset();
  }
  co_return {};
}

runtime::Async<std::optional<ScannedBatch>> Segment::find(Offset target) {
  if (size_ == 0) {
    co_return std::nullopt;
  }
  CO_TRY(const auto floor, co_await offsets_.floor(target));
  CO_TRY(runtime::File* const file, co_await log_.get());
  LogScanner scanner(*file, floor.position, size_, LogScanner::chunk_for_headers);
  for (;;) {
    CO_TRY(const auto batch, co_await scanner.next());
    if (!batch || batch->header.last_offset >= target) {
      co_return batch;
    }
  }
}

runtime::Async<Blob> Segment::range(uint64_t position, uint64_t size) {
  CO_TRY(runtime::File* const file, co_await log_.get());
  co_return co_await file->range(position, size);
}

runtime::Async<int64_t> Segment::largest_timestamp() {
  if (times_.table().is_loaded()) {
    co_return max_timestamp_;
  }
  if (!sealed_max_timestamp_) {
    CO_TRY(const auto last, co_await times_.last());
    sealed_max_timestamp_ = last.timestamp;
  }
  co_return *sealed_max_timestamp_;
}

runtime::Async<int64_t> Segment::largest_timestamp_from(Offset from) {
  int64_t largest = no_timestamp;
  if (size_ == 0) {
    co_return largest;
  }
  CO_TRY(const auto floor, co_await offsets_.floor(from));
  CO_TRY(runtime::File* const file, co_await log_.get());
  LogScanner scanner(*file, floor.position, size_, LogScanner::chunk_for_headers);
  Slice slice(header_slice_bytes);
  for (;;) {
    CO_TRY(const auto batch, co_await scanner.next());
    if (!batch) {
      co_return largest;
    }
    if (slice.is_over(batch->header.size)) {
      co_await runtime::yield();
    }
    if (batch->header.last_offset < from || batch->header.max_timestamp <= largest) {
      continue;
    }
    if (batch->header.base_offset >= from) {
      largest = batch->header.max_timestamp;
      continue;
    }
    CO_TRY(const ByteView bytes, co_await scanner.bytes());
    CO_TRY(co_await walk_records(bytes, [&](const record::RecordView& record) {
      if (record.offset >= from) {
        largest = std::max(largest, record.timestamp);
      }
      return true;
    }));
  }
}

runtime::Async<std::optional<SegmentRecord>> Segment::find_timestamp(int64_t timestamp, Offset from) {
  if (size_ == 0) {
    co_return std::nullopt;
  }
  CO_TRY(const auto earlier, co_await times_.floor(timestamp));
  CO_TRY(const auto floor, co_await offsets_.floor(std::max(earlier.offset, from)));
  CO_TRY(runtime::File* const file, co_await log_.get());
  LogScanner scanner(*file, floor.position, size_, LogScanner::chunk_for_headers);
  Slice slice(header_slice_bytes);
  for (;;) {
    CO_TRY(const auto batch, co_await scanner.next());
    if (!batch) {
      co_return std::nullopt;
    }
    if (slice.is_over(batch->header.size)) {
      co_await runtime::yield();
    }
    if (batch->header.max_timestamp < timestamp || batch->header.last_offset < from) {
      continue;
    }
    CO_TRY(const ByteView bytes, co_await scanner.bytes());
    std::optional<SegmentRecord> found;
    CO_TRY(co_await walk_records(bytes, [&](const record::RecordView& record) {
      if (record.timestamp >= timestamp && record.offset >= from) {
        found = SegmentRecord{record.offset, record.timestamp, batch->header.leader_epoch};
      }
      return !found;
    }));
    if (found) {
      co_return found;
    }
  }
}

runtime::Async<Offset> Segment::truncate_to(Offset end) {
  CO_TRY(co_await offsets_.table().load());
  CO_TRY(co_await times_.table().load());
  CO_TRY(const auto cut, co_await find(end));
  offsets_.truncate_to(end);
  times_.truncate_to(end);
  CO_TRY(co_await aborted_.truncate_to(end));
  if (cut) {
    CO_TRY(co_await cut_file(cut->position));
  }
  max_timestamp_ = no_timestamp;
  offset_of_max_ = base_;
  first_timestamp_.reset();
  co_return co_await activate();
}

runtime::Async<ResumePoint> Segment::resume_at(Offset from, uint64_t index_interval) {
  CO_TRY(co_await offsets_.table().load(true));
  CO_TRY(co_await times_.table().load(true));
  offsets_.truncate_to(from);
  times_.truncate_to(from);
  CO_TRY(co_await aborted_.truncate_to(from));
  CO_TRY(const auto indexed, co_await offsets_.last());
  CO_TRY(const auto latest, co_await times_.last());
  max_timestamp_ = latest.timestamp;
  offset_of_max_ = latest.offset;
  bytes_since_index_ = 0;

  CO_TRY(runtime::File* const file, co_await log_.get());
  LogScanner scanner(*file, indexed.position, size_, LogScanner::chunk_for_headers);
  ResumePoint point{.position = indexed.position, .next = base_};
  while (point.next < from) {
    CO_TRY(const auto batch, co_await scanner.next());
    if (!batch || batch->header.base_offset < point.next || batch->header.last_offset < batch->header.base_offset ||
        !can_hold(batch->header.last_offset)) {
      co_return fail(Errc::CorruptMessage, "log that does not reach its recovery point");
    }
    if (batch->header.last_offset >= from) {
      break;
    }
    if (batch->position == indexed.position && indexed.position > 0 && batch->header.last_offset != indexed.offset) {
      co_return fail(Errc::CorruptMessage, "index that does not fit its log");
    }
    note(batch->header, batch->position, index_interval);
    point = {.position = batch->end(), .next = batch->header.next_offset()};
  }
  co_return point;
}

runtime::Async<> Segment::begin_rebuild() {
  offsets_.table().reset();
  times_.table().reset();
  CO_TRY(co_await aborted_.clear());
  max_timestamp_ = no_timestamp;
  offset_of_max_ = base_;
  bytes_since_index_ = 0;
  first_timestamp_.reset();
  co_return {};
}

runtime::Async<> Segment::cut_file(uint64_t size) {
  CO_TRY(co_await log_.truncate(size));
  size_ = size;
  co_return {};
}

runtime::Async<> Segment::sync_records() { co_return co_await log_.sync(); }

runtime::Async<> Segment::sync() {
  CO_TRY(co_await log_.sync());
  CO_TRY(co_await offsets_.table().file().sync());
  CO_TRY(co_await times_.table().file().sync());
  co_return co_await aborted_.file().sync();
}

runtime::Async<> Segment::rename_to(std::string_view name_end) {
  std::array<std::pair<LazyFile*, std::string_view>, 4> all{{{&log_, log_suffix},
                                                             {&offsets_.table().file(), index_suffix},
                                                             {&times_.table().file(), time_index_suffix},
                                                             {&aborted_.file(), aborted_index_suffix}}};
  if (name_end == swap_suffix) {
    std::ranges::reverse(all);  // where there is the log there is the rest
  }
  for (const auto& [file, suffix] : all) {
    std::string name = full_name(base_, suffix, name_end);
    if (file->name() != name) {  // an attempt before may have failed on the way
      CO_TRY(co_await file->rename(std::move(name)));
    }
  }
  co_return {};
}

runtime::Async<> Segment::remove() {
  for (LazyFile* const file : {&log_, &offsets_.table().file(), &times_.table().file(), &aborted_.file()}) {
    CO_TRY(co_await file->remove());
  }
  co_return {};
}

}  // namespace odradek::storage
