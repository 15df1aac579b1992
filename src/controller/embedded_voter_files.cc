// EmbeddedVoterLog: opening, and snapshots.
#include <algorithm>

#include <fmt/format.h>

#include "controller/embedded_voter_log.h"
#include "runtime/shard.h"
#include "storage/log_files.h"

namespace odradek::controller {

namespace {

constexpr uint64_t snapshot_bytes_max = uint64_t{2} << 30;
constexpr TopicId metadata_topic{Uuid{0, 1}};

runtime::FileSystem& files() { return runtime::Shard::current().files(); }

}  // namespace

runtime::Async<std::unique_ptr<EmbeddedVoterLog>> EmbeddedVoterLog::open(EmbeddedVoterOptions options,
                                                                         MetadataInspection inspection) {
  auto log = std::unique_ptr<EmbeddedVoterLog>(new EmbeddedVoterLog(std::move(options)));
  // What may go is below a snapshot, never what is old.
  log->options_.log.retention_ms = -1;
  log->options_.log.retention_bytes = -1;
  if (inspection.quorum_state) {
    log->state_ = *inspection.quorum_state;
  }
  log->quorum_ = inspection.quorum;
  log->is_quorum_in_log_ = inspection.is_quorum_in_log;
  log->snapshots_ = inspection.snapshots;
  if (log->quorum_.kraft_version == 0) {
    log->state_.data_version = 0;
    log->state_.voters = {log->options_.node};
  }
  // A log that Kafka left may be torn though the directory is marked clean: Kafka closes it after it sets the mark.
  log->options_.place.was_clean = log->options_.place.was_clean && !inspection.is_torn;
  CO_TRY(co_await log->put_aside(std::move(inspection.damaged_snapshots), std::move(inspection.leftovers)));
  CO_TRY(co_await log->open_log(inspection.has_log));
  co_return log;
}

// A damaged snapshot is kept under a name that says so: neither we nor Kafka read it again.
runtime::Async<> EmbeddedVoterLog::put_aside(std::vector<SnapshotId> damaged, std::vector<std::string> leftovers) {
  for (const SnapshotId id : damaged) {
    CO_TRY(co_await files().rename(path(id.file_name()), path(id.file_name() + ".damaged")));
  }
  for (const std::string& name : leftovers) {
    CO_TRY(co_await files().remove(path(name)));
  }
  if (!damaged.empty() || !leftovers.empty()) {
    CO_TRY(co_await files().sync_directory(options_.place.directory));
  }
  co_return Result<>{};
}

runtime::Async<> EmbeddedVoterLog::open_log(bool exists) {
  const Offset snapshot_end = newest_snapshot_end();
  if (exists) {
    CO_TRY(log_, co_await storage::PartitionLog::open(options_.place, options_.log));
  } else {
    // A first start that was cut short may have left this behind.
    const std::string stale = path(storage::partition_metadata_file);
    CO_TRY(const bool is_there, co_await files().exists(stale));
    if (is_there) {
      CO_TRY(co_await files().remove(stale));
    }
    CO_TRY(log_, co_await storage::PartitionLog::create(options_.place, metadata_topic, options_.log, snapshot_end));
  }
  if (log_->end_offset() < snapshot_end) {
    CO_TRY(co_await log_->truncate_fully_and_start_at(snapshot_end));
  }
  next_ = committed_ = log_->end_offset();
  counted_ = snapshot_end;
  if (log_->start_offset() > snapshot_end) {
    co_return fail(Errc::CorruptMessage,
                   fmt::format("the metadata log begins at offset {}, and no snapshot tells what was "
                               "before",
                               log_->start_offset().raw()));
  }
  co_return Result<>{};
}

runtime::Async<Offset> EmbeddedVoterLog::tell_snapshot(machine::CommitListener& listener) {
  if (snapshots_.empty()) {
    co_return Offset(0);
  }
  SnapshotId newest = snapshots_.back();
  Result<Bytes> bytes = co_await files().read_file(path(newest.file_name()), snapshot_bytes_max);
  while (!bytes && newest != snapshots_.back()) {  // newer ones took its place meanwhile
    newest = snapshots_.back();
    bytes = co_await files().read_file(path(newest.file_name()), snapshot_bytes_max);
  }
  CO_TRY(bytes);
  CO_TRY(const MetadataSnapshot snapshot, MetadataSnapshot::decode(*bytes));
  machine::LogSnapshot told{
      .end = newest.end, .epoch = newest.epoch, .timestamp = snapshot.last_contained_timestamp, .records = {}};
  for (const Bytes& record : snapshot.records) {
    told.records.push_back({.key = {}, .value = ByteView(record)});
  }
  CO_TRY(listener.on_snapshot(told));
  co_return newest.end;
}

runtime::Async<> EmbeddedVoterLog::write_snapshot(Offset end, std::vector<machine::LogRecord> records) {
  ensure(end <= committed_, "a snapshot of what is not committed");
  const SnapshotId id{.end = end, .epoch = log_->epoch_at(end + -1)};
  if (end <= newest_snapshot_end()) {
    co_return Result<>{};
  }
  MetadataSnapshot snapshot;
  snapshot.last_contained_timestamp = committed_timestamp_;
  snapshot.quorum = quorum_;
  for (machine::LogRecord& record : records) {
    ensure(record.value.has_value(), "a snapshot holds no tombstones");
    snapshot.records.push_back(*std::move(record.value));
  }
  bytes_since_snapshot_ = 0;
  CO_TRY(co_await files().replace_file(path(id.file_name()),
                                       snapshot.encode(id.epoch, runtime::Shard::current().wall_now())));
  snapshots_.push_back(id);
  logger_.info("metadata_snapshot").with("end", id.end).with("epoch", id.epoch);
  co_return co_await forget_old_snapshots();
}

// The two newest stay. Of a log beyond the size that may be kept, what the older of them covers goes, too: its readers
// find the log from its end on.
runtime::Async<> EmbeddedVoterLog::forget_old_snapshots() {
  if (snapshots_.size() < 3) {
    co_return Result<>{};
  }
  const std::vector<SnapshotId> old(snapshots_.begin(), snapshots_.end() - 2);
  snapshots_.erase(snapshots_.begin(), snapshots_.end() - 2);
  for (const SnapshotId id : old) {
    CO_TRY(co_await files().remove(path(id.file_name())));
  }
  if (log_->size_bytes() <= options_.retention_bytes_max) {
    co_return Result<>{};
  }
  CO_TRY(co_await log_->delete_records_before(snapshots_.front().end));
  CO_TRY(co_await log_->remove_deleted_files(runtime::Shard::current().now()));  // of the times before
  CO_TRY(co_await log_->apply_retention(committed_, runtime::Shard::current().wall_now()));
  co_return Result<>{};
}

}  // namespace odradek::controller
