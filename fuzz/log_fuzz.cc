// A partition's directory made of hostile files, opened by PartitionLog::open.
//
// flags (int8), recovery point and start offset (int16 each), then files: kind (int8), base offset (int16), size
// (int16), contents. What opens is read from its start to its end, opening it again finds the same, and where the topic
// is compacted, compacting it leaves a log that can be read.
#include <map>
#include <string>

#include "fuzz/harness.h"
#include "observe/log.h"
#include "record/batch_reader.h"
#include "runtime/sim/sim_runtime.h"
#include "storage/aborted_index.h"
#include "storage/log_cleaner.h"
#include "storage/log_files.h"
#include "storage/partition_log.h"

namespace odradek::fuzz {

namespace {

using storage::PartitionLog;

const std::string folder = "/data/t-0";

enum Flag : uint8_t { WasClean = 1, Mended = 2, Compacts = 4, HasMetadata = 8 };

struct Place {
  uint8_t flags = 0;
  Offset recovery_point;
  Offset start;
};

// What a log serves: all its bytes from the start on, and what it says of itself.
struct Served {
  Offset start;
  Offset end;
  Bytes bytes;
  std::vector<storage::AbortedTransaction> aborted;
  std::optional<Offset> first_unstable;
  friend bool operator==(const Served&, const Served&) = default;
};

std::string name_of(uint8_t kind, Offset base) {
  constexpr auto suffixes = std::to_array({storage::log_suffix, storage::index_suffix, storage::time_index_suffix,
                                           storage::aborted_index_suffix, storage::snapshot_suffix});
  constexpr auto leftovers =
      std::to_array<std::string_view>({"", storage::deleted_suffix, storage::cleaned_suffix, storage::swap_suffix});
  constexpr uint8_t texts_from = 20;  // five suffixes, each alone and as a leftover
  if (kind < texts_from) {
    return storage::file_name(base, suffixes.at(kind % 5)) + std::string(leftovers.at(kind / 5));
  }
  return std::string(kind % 2 == 0 ? storage::epochs_file : storage::partition_metadata_file);
}

std::map<std::string, Bytes> files_of(Input& parts, uint8_t flags) {
  std::map<std::string, Bytes> files;
  while (!parts.empty()) {
    const auto kind = parts.integer<uint8_t>();
    const auto base = Offset{parts.integer<uint16_t>()};
    const ByteView contents = parts.take(parts.integer<uint16_t>());
    const std::string name = name_of(kind, base);
    Bytes& bytes = files[name];
    bytes.assign(contents.begin(), contents.end());
    if ((flags & Mended) != 0 && name.ends_with(storage::log_suffix)) {
      mend_batches(bytes);
    }
  }
  if ((flags & HasMetadata) != 0) {
    const std::string text = storage::partition_metadata_text(TopicId{Uuid{1, 2}});
    files[std::string(storage::partition_metadata_file)] = Bytes(text.begin(), text.end());
  }
  return files;
}

runtime::Async<> write_files(std::map<std::string, Bytes> files) {
  runtime::FileSystem& disk = runtime::Shard::current().files();
  CO_TRY(co_await disk.create_directories(folder));
  for (auto& [name, bytes] : files) {
    CO_TRY(co_await disk.replace_file(storage::join_path(folder, name), std::move(bytes)));
  }
  co_return {};
}

runtime::Async<std::map<std::string, Bytes>> files_there() {
  runtime::FileSystem& disk = runtime::Shard::current().files();
  std::map<std::string, Bytes> files;
  CO_TRY(const auto entries, co_await disk.list(folder));
  for (const runtime::DirectoryEntry& entry : entries) {
    CO_TRY(files[entry.name], co_await disk.read_file(storage::join_path(folder, entry.name)));
  }
  co_return files;
}

runtime::Async<std::unique_ptr<PartitionLog>> open(Place place) {
  storage::LogOptions options;
  options.compacts = (place.flags & Compacts) != 0;
  options.index_interval_bytes = 128;
  options.producer_expiration = std::chrono::hours(1'000'000'000);
  co_return co_await PartitionLog::open({.directory = folder,
                                         .partition = {"t", PartitionIndex{0}},
                                         .was_clean = (place.flags & WasClean) != 0,
                                         .recovery_point = place.recovery_point,
                                         .start_offset = place.start},
                                        options);
}

// Every batch from start to end; what comes after a damaged one is not looked for.
runtime::Async<Served> serve(PartitionLog* log) {
  log->high_watermark_moved(log->end_offset());
  Served served{.start = log->start_offset(),
                .end = log->end_offset(),
                .bytes = {},
                .aborted = {},
                .first_unstable = log->first_unstable_offset()};
  ensure(served.start <= served.end, "a log ends before it begins");
  Offset from = served.start;
  while (from < served.end) {
    CO_TRY(const storage::ReadResult read, co_await log->read(from, 1 << 20, served.end, true));
    if (read.records.empty()) {
      break;
    }
    CO_TRY(const Bytes bytes, co_await runtime::read_blob(read.records));
    record::BatchScanner scanner(bytes);
    for (;;) {
      CO_TRY(const auto entry, scanner.next());
      if (!entry) {
        break;
      }
      CO_TRY(record::check_batch(entry->bytes));
      if (entry->header.last_offset < from) {
        co_return fail(Errc::CorruptMessage, "a read goes back");
      }
      from = entry->header.next_offset();
    }
    served.bytes.insert(served.bytes.end(), bytes.begin(), bytes.end());
  }
  CO_TRY(served.aborted, co_await log->aborted_transactions(served.start, served.end));
  co_return served;
}

// The questions of ListOffsets have an answer; which one, the indexes' tests say. Records that do not parse in a batch
// with a right checksum are found here, not by recovery.
runtime::Async<> look_up_times(PartitionLog* log) {
  for (const int64_t timestamp : {int64_t{0}, int64_t{1'700'000'000'000}, INT64_MAX}) {
    const auto found = co_await log->offset_for_timestamp(timestamp);
    ensure(found.has_value() || found.error().code != Errc::Io, "a healthy disk fails");
  }
  const auto largest = co_await log->offset_of_max_timestamp();
  ensure(largest.has_value() || largest.error().code != Errc::Io, "a healthy disk fails");
  co_return {};
}

runtime::Async<Served> open_serve_close(Place place) {
  CO_TRY(const auto log, co_await open(place));
  const Result<Served> served = co_await serve(log.get());
  CO_TRY(co_await look_up_times(log.get()));
  CO_TRY(co_await log->close());
  co_return served;
}

// A log that was recovered once is whole: trusted or not, it is the same from then on.
runtime::Async<> check_stays(Place place, Served first) {
  CO_TRY(const auto before, co_await files_there());
  const auto metadata = before.find(std::string(storage::partition_metadata_file));
  if (metadata != before.end() && !storage::parse_partition_metadata(as_text(metadata->second))) {
    co_return {};  // nobody's log: a broker sets it aside
  }
  const Place clean{
      .flags = static_cast<uint8_t>(place.flags | WasClean), .recovery_point = first.end, .start = first.start};
  const Result<Served> trusted = co_await open_serve_close(clean);
  ensure(trusted.has_value(), trusted ? "" : trusted.error().message);
  ensure(*trusted == first, "a recovered log is another when it is opened again");
  CO_TRY(const auto after, co_await files_there());
  for (const auto& [name, bytes] : before) {
    // The snapshot before the newest, and what recovery deleted, are there until the next start.
    ensure(name.ends_with(storage::snapshot_suffix) || name.ends_with(storage::deleted_suffix) ||
               (after.contains(name) && after.at(name) == bytes),
           "opening and closing changes " + name);
  }
  ensure(after.size() <= before.size(), "opening and closing makes files");
  if (place.recovery_point > Offset{0} || (place.flags & WasClean) != 0) {
    co_return {};  // something was trusted that a whole recovery may find damaged
  }
  const Place unclean{.flags = place.flags, .recovery_point = Offset{0}, .start = first.start};
  const Result<Served> again = co_await open_serve_close(unclean);
  ensure(again.has_value(), again ? "" : again.error().message);
  ensure(again->bytes == first.bytes && again->start == first.start && again->end == first.end,
         "a recovered log is another when it is recovered again");
  co_return {};
}

// Compaction does it, or says that the log holds what cannot be compacted; the log goes on in both cases.
runtime::Async<> check_compaction(Place place) {
  constexpr int64_t now_ms = 1'800'000'000'000;
  const auto opened = co_await open(place);
  if (!opened) {
    co_return {};  // nobody's log, as above
  }
  PartitionLog* const log = opened->get();
  CO_TRY(co_await log->roll());
  const Offset end = log->end_offset();
  log->high_watermark_moved(end);
  CO_TRY(const storage::CleaningPlan plan, co_await log->plan_cleaning(end, now_ms));
  storage::LogCleaner cleaner(*log, {}, [] { return false; });
  const auto report = co_await cleaner.clean(plan, now_ms);
  ensure(report.has_value() || report.error().code != Errc::Io, "a healthy disk fails");
  const Result<Served> served = co_await serve(log);
  ensure(served.has_value(), served ? "" : served.error().message);
  ensure(served->end == end, "compaction moves the end of a log");
  co_return co_await log->close();
}

runtime::Async<> check(std::map<std::string, Bytes> files, Place place) {
  CO_TRY(co_await write_files(std::move(files)));
  const Result<Served> served = co_await open_serve_close(place);
  if (!served) {
    ensure(served.error().code == Errc::CorruptMessage, served.error().message);
    co_return {};
  }
  CO_TRY(co_await check_stays(place, *served));
  if ((place.flags & Compacts) != 0) {
    co_return co_await check_compaction(
        {.flags = static_cast<uint8_t>(place.flags | WasClean), .recovery_point = served->end, .start = served->start});
  }
  co_return {};
}

}  // namespace

void test_one_input(ByteView input) {
  observe::set_log_level(observe::LogLevel::Error);
  Input parts(input);
  Place place;
  place.flags = parts.integer<uint8_t>();
  place.recovery_point = Offset{parts.integer<uint16_t>()};
  place.start = Offset{parts.integer<uint16_t>()};
  runtime::SimRuntime sim;
  const auto checked = sim.run(check(files_of(parts, place.flags), place));
  ensure(checked.has_value(), checked ? "" : checked.error().message);
}

}  // namespace odradek::fuzz
