#include "controller/metadata_inspection.h"

#include <algorithm>

#include <fmt/format.h>

#include "metadata/image_loader.h"
#include "observe/log.h"
#include "record/batch_reader.h"
#include "record/control_record.h"
#include "runtime/file.h"
#include "runtime/shard.h"
#include "storage/log_files.h"

namespace odradek::controller {

namespace {

constexpr uint64_t file_bytes_max = uint64_t{2} << 30;

runtime::FileSystem& files() { return runtime::Shard::current().files(); }

Error damaged_segment(std::string_view path, Offset at, std::string_view why) {
  return {Errc::InvalidConfig,
          fmt::format("{} is damaged at offset {} ({}), and what was there is not the torn end that a crash leaves but "
                      "committed metadata; restore the file from a copy, or start with another data directory",
                      path, at.raw(), why)};
}

// Follows the batches of all segments, in order. A place where no whole batch follows is where the log ends, as it is
// for recovery, if nothing tells that what stood there had been committed: batches of a later epoch or in a later
// segment, which are written when all before them is on disk.
class LogReader {
 public:
  // What is below `from` is checked and not loaded.
  LogReader(MetadataInspection& out, metadata::ImageLoader& loader, Offset from)
      : out_(out), loader_(loader), from_(from) {}

  Result<> read(std::string path, Offset base, ByteView segment) {
    const bool was_torn = torn_.has_value();
    if (!next_) {
      next_ = base;
    }
    record::BatchScanner scanner(segment);
    for (;;) {
      const auto entry = scanner.next();
      if (!entry || !*entry) {
        if (!entry || scanner.remaining() > 0) {
          tear(path, entry ? "it ends inside a batch" : entry.error().message);
        }
        return {};
      }
      const record::BatchHeader& header = (*entry)->header;
      const Result<> whole = record::check_batch((*entry)->bytes);
      if (!whole) {
        tear(path, whole.error().message);
      } else if (torn_) {
        if (was_torn || header.leader_epoch > epoch_) {
          return std::unexpected(damaged_segment(torn_->path, *next_, torn_->why));
        }
      } else if (header.base_offset != *next_) {
        return std::unexpected(damaged_segment(path, *next_, "the next batch has another offset"));
      } else {
        TRY(take(**entry));
      }
    }
  }

  // `committed`: below it nothing may be missing where the log was torn.
  Result<> finish(Offset committed) {
    if (torn_ && *next_ < committed) {
      return std::unexpected(damaged_segment(torn_->path, *next_, torn_->why));
    }
    out_.is_torn = torn_.has_value();
    return {};
  }

  // Where the log ends; zero when there is none.
  [[nodiscard]] Offset end() const { return next_.value_or(Offset(0)); }

 private:
  struct Torn {
    std::string path;
    std::string why;
  };

  void tear(const std::string& path, std::string_view why) {
    if (!torn_) {
      torn_ = Torn{.path = path, .why = std::string(why)};
    }
  }

  Result<> take(const record::BatchEntry& entry) {
    next_ = entry.header.next_offset();
    epoch_ = entry.header.leader_epoch;
    if (entry.header.base_offset < from_) {
      return {};
    }
    record::RecordReader reader(entry.bytes);
    std::vector<Bytes> values;
    for (;;) {
      TRY(const std::optional<record::RecordView> record, reader.next_record());
      if (!record) {
        break;
      }
      if (entry.header.is_control()) {
        TRY(out_.quorum.take(*record));
        const auto type = record::parse_control_type(*record);
        out_.is_quorum_in_log = out_.is_quorum_in_log || (type && *type == record::ControlType::KRaftVoters);
      } else if (record->value) {
        values.emplace_back(record->value->begin(), record->value->end());
      } else {
        return fail(Errc::CorruptMessage, "a metadata record without a value");
      }
    }
    if (!entry.header.is_control()) {
      const std::vector<ByteView> views(values.begin(), values.end());
      TRY(loader_.load(entry.header.base_offset, entry.header.leader_epoch, entry.header.max_timestamp, views));
    }
    return {};
  }

  MetadataInspection& out_;
  metadata::ImageLoader& loader_;
  Offset from_;
  std::optional<Offset> next_;  // none before the first segment
  LeaderEpoch epoch_{0};        // of the last whole batch
  std::optional<Torn> torn_;
};

runtime::Async<> load_snapshot(std::string directory, SnapshotId id, MetadataInspection& out,
                               metadata::ImageLoader& loader) {
  CO_TRY(const Bytes bytes, co_await files().read_file(storage::join_path(directory, id.file_name()), file_bytes_max));
  CO_TRY(MetadataSnapshot snapshot, MetadataSnapshot::decode(bytes));
  const std::vector<ByteView> views(snapshot.records.begin(), snapshot.records.end());
  CO_TRY(loader.load_snapshot(
      {.offset = id.end + -1, .epoch = id.epoch, .timestamp = snapshot.last_contained_timestamp}, views));
  out.quorum = std::move(snapshot.quorum);
  co_return Result<>{};
}

// Loads the newest snapshot that can be read, and sorts out those that cannot.
runtime::Async<> load_newest(std::string directory, MetadataInspection& out, metadata::ImageLoader& loader) {
  while (!out.snapshots.empty()) {
    const SnapshotId id = out.snapshots.back();
    metadata::ImageLoader fresh;
    const Result<> loaded = co_await load_snapshot(directory, id, out, fresh);
    if (loaded) {
      loader = std::move(fresh);
      break;
    }
    if (loaded.error().code != Errc::CorruptMessage) {
      co_return loaded;
    }
    observe::Logger("controller")
        .warn("metadata_snapshot_damaged")
        .with("file", id.file_name())
        .with("error", loaded.error().message);
    out.damaged_snapshots.push_back(id);
    out.snapshots.pop_back();
  }
  co_return Result<>{};
}

// `end`: of the log. Nothing that a damaged snapshot told may be missing from an older one with the log behind it.
Result<> check_reach(std::string_view directory, const MetadataInspection& out, std::optional<Offset> begin,
                     Offset end) {
  const Offset covered = out.snapshots.empty() ? Offset(0) : out.snapshots.back().end;
  const bool begins_above = begin && *begin > covered;
  if (out.damaged_snapshots.empty()) {
    if (begins_above) {
      return fail(
          Errc::InvalidConfig,
          fmt::format("the metadata log in {} begins at offset {}, and no snapshot tells what was before; restore "
                      "the newest .checkpoint file from a copy, or start with another data directory",
                      directory, begin->raw()));
    }
    return {};
  }
  const SnapshotId newest = out.damaged_snapshots.front();
  const bool knows_voters =
      !out.snapshots.empty() || out.is_quorum_in_log || (out.quorum_state && !out.quorum_state->voters.empty());
  if (begins_above || end < newest.end || !knows_voters) {
    return fail(
        Errc::InvalidConfig,
        fmt::format("{}/{} is damaged, and no older snapshot with the log behind it tells what it told; restore "
                    "the file from a copy, or start with another data directory",
                    directory, newest.file_name()));
  }
  return {};
}

// Without it the epoch is that of the log, under which everything was written. Who votes must be known from elsewhere.
Result<> check_quorum_state(std::string_view directory, const MetadataInspection& out, const Error& damage) {
  if (out.quorum.kraft_version == 0) {
    return fail(Errc::InvalidConfig,
                fmt::format("{}/quorum-state is damaged ({}), and with kraft.version 0 nothing else tells who votes; "
                            "restore the file from a copy, or start with another data directory",
                            directory, damage.message));
  }
  observe::Logger("controller").warn("quorum_state_rebuilt").with("directory", directory).with("error", damage.message);
  return {};
}

}  // namespace

runtime::Async<MetadataInspection> inspect_metadata(std::string directory) {
  MetadataInspection out;
  metadata::ImageLoader loader;
  CO_TRY(const std::vector<runtime::DirectoryEntry> entries, co_await files().list(directory));
  std::vector<std::pair<Offset, std::string>> segments;
  bool has_quorum_state = false;
  for (const runtime::DirectoryEntry& entry : entries) {
    if (const auto snapshot = SnapshotId::parse(entry.name)) {
      out.snapshots.push_back(*snapshot);
    } else if (const auto base = storage::offset_of(entry.name, storage::log_suffix)) {
      segments.emplace_back(*base, storage::join_path(directory, entry.name));
    } else if (is_snapshot_leftover(entry.name) || entry.name == "quorum-state.tmp") {
      out.leftovers.push_back(entry.name);
    }
    has_quorum_state = has_quorum_state || entry.name == "quorum-state";
  }
  std::ranges::sort(out.snapshots);
  std::ranges::sort(segments);
  out.has_log = !segments.empty();
  const Offset committed = out.snapshots.empty() ? Offset(0) : out.snapshots.back().end;
  std::optional<Error> quorum_damage;
  if (has_quorum_state) {
    CO_TRY(const Bytes bytes, co_await files().read_file(storage::join_path(directory, "quorum-state")));
    Result<QuorumState> state = QuorumState::parse(as_text(bytes));
    if (state) {
      out.quorum_state = *std::move(state);
    } else if (state.error().code == Errc::CorruptMessage) {
      quorum_damage = state.error();
    } else {
      co_return std::unexpected(state.error());
    }
  }
  CO_TRY(co_await load_newest(directory, out, loader));
  LogReader reader(out, loader, out.snapshots.empty() ? Offset(0) : out.snapshots.back().end);
  const std::optional<Offset> begin = segments.empty() ? std::nullopt : std::optional(segments.front().first);
  // Segments below the snapshot are read too: recovery would cut the log at any damage, and all that is above with it.
  for (const auto& [base, path] : segments) {
    CO_TRY(const Bytes bytes, co_await files().read_file(path, file_bytes_max));
    const Result<> followed = reader.read(path, base, bytes);
    if (!followed) {
      CO_TRY(check_reach(directory, out, begin, reader.end()));  // says better what is missing
      co_return std::unexpected(followed.error());
    }
  }
  CO_TRY(reader.finish(committed));
  CO_TRY(check_reach(directory, out, begin, reader.end()));
  if (quorum_damage) {
    CO_TRY(check_quorum_state(directory, out, *quorum_damage));
  }
  out.image = loader.image();
  co_return out;
}

}  // namespace odradek::controller
