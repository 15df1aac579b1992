// One partition's records on disk: the only door to its files.
//
// A log is a row of segments (see segment.h), each a file of batches with its indexes; batches are appended to the last
// one. It has two ends: `end_offset`, after the last batch written, and `flushed_offset`, up to which a power cut
// takes nothing. What may be read (the high watermark) is the affair of replication/. A third offset, the
// `recovery_point`, follows behind: below it all that belongs to the records is on disk too (indexes, producers,
// epochs), so that opening after a crash checks only what lies above.
//
// Appends are taken one after the other in the order of the calls, also where validation awaits; small batches of
// clients that come within one turn of the loop are written together. Readers never wait for appends. Any call may
// suspend. Offsets, sizes and signals are read without waiting. After Errc::Io the log is failed: it refuses to change
// until it is opened again.
//
// Belongs to one shard. Its background work (retention, flushing, removing what was deleted) is done by calls that the
// owner makes; nothing runs by itself. Close it before destroying it, with no call still running.
#pragma once

#include <algorithm>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/ids.h"
#include "record/batch_validator.h"
#include "runtime/file.h"
#include "runtime/task.h"
#include "runtime/wait.h"
#include "storage/cleaning_plan.h"
#include "storage/epoch_cache.h"
#include "storage/log_options.h"
#include "storage/producer_effect.h"
#include "storage/producer_table.h"
#include "storage/recent_batches.h"

namespace odradek::storage {

class LazyFile;
class Segment;
struct AbortedTransaction;

enum class AppendOrigin : uint8_t {
  Client,       // a Produce request: everything is validated, control batches are refused
  Coordinator,  // a coordinator of ours: its own records, and transaction markers
  Raft,         // the metadata log: offsets and epochs are placed, the records are trusted
};

enum class Syncing : uint8_t { Now, ByOwner };

// Records alone, or all that belongs to them: then the recovery point moves up.
enum class SyncScope : uint8_t { Records, RecoveryPoint };

struct AppendOptions {
  LeaderEpoch leader_epoch{0};
  AppendOrigin origin = AppendOrigin::Client;
  // Version of the Produce request; from 3 on exactly one batch of magic 2, and zstd only from 7 on.
  int16_t produce_version = 13;
  // Called as soon as no later append can come before this one; not where the call fails sooner. Lives as long as the
  // call.
  const std::function<void()>* ordered = nullptr;
};

struct AppendInfo {
  Offset first;  // of the records; for a duplicate, of the batch written before
  Offset last;
  int64_t log_append_time = no_timestamp;  // set where the topic stamps records itself
  Offset log_start;
  bool duplicate = false;  // nothing was written: the batch is there already
};

// Why nothing was appended.
struct AppendFailure {
  AppendFailure(Error why) : error(std::move(why)) {}  // NOLINT: an Error is a failure without record faults
  AppendFailure(Error why, std::vector<record::RecordError> which) : error(std::move(why)), records(std::move(which)) {}
  Error error;
  std::vector<record::RecordError> records;
};
using AppendResult = std::expected<AppendInfo, AppendFailure>;

struct ReadResult {
  Blob records;                         // a file range of batches; the last may be cut off in the middle
  Offset first{-1};                     // base offset of the first batch; -1 when there is none
  bool first_batch_incomplete = false;  // it is larger than max_bytes and at_least_one was not asked for
  Offset end{-1};                       // all of them lie below: at most the end of their segment; -1 as above
};

struct TimestampOffset {
  int64_t timestamp = no_timestamp;
  Offset offset{-1};
  LeaderEpoch epoch = no_leader_epoch;
};

// Where a log lies and what its directory's checkpoints say about it.
struct LogPlace {
  std::string directory;  // absolute path of the partition's directory
  TopicPartition partition;
  bool was_clean = false;    // the log directory carries the marker of a clean stop
  Offset recovery_point{0};  // all below is on disk
  // Whether somebody knows that; where not, gaps above it may have been there before the crash.
  bool has_recovery_point = false;
  Offset start_offset{0};  // DeleteRecords moved the start at least to here
  Offset first_dirty{0};   // compacted up to here
};

class PartitionLog {
 public:
  // Makes the directory (`place.directory`) and an empty log in it that begins at `start`. AlreadyExists.
  [[nodiscard]] static runtime::Async<std::unique_ptr<PartitionLog>> create(LogPlace place, TopicId topic,
                                                                            LogOptions options,
                                                                            Offset start = Offset{0});
  // Opens what is there: a handful of calls after a clean stop; otherwise segments above the recovery point are
  // scanned, torn ends cut off and indexes and producer state rebuilt. NotFound, CorruptMessage, Io.
  [[nodiscard]] static runtime::Async<std::unique_ptr<PartitionLog>> open(LogPlace place, LogOptions options);

  PartitionLog(const PartitionLog&) = delete;
  PartitionLog& operator=(const PartitionLog&) = delete;
  ~PartitionLog();

  // --- what it is -------------------------------------------------------------------------------------------
  [[nodiscard]] const TopicPartition& partition() const { return partition_; }
  [[nodiscard]] TopicId topic_id() const { return topic_id_; }  // zero if partition.metadata is missing
  [[nodiscard]] const std::string& directory() const { return directory_->text(); }
  [[nodiscard]] const LogOptions& options() const { return options_; }
  void update_options(LogOptions options) { options_ = std::move(options); }

  [[nodiscard]] Offset start_offset() const { return start_offset_; }
  [[nodiscard]] Offset end_offset() const { return end_offset_; }
  [[nodiscard]] Offset flushed_offset() const { return flushed_offset_; }
  [[nodiscard]] Offset recovery_point() const { return recovery_point_; }
  // Bytes appended since the recovery point: what opening after a crash would check.
  [[nodiscard]] uint64_t bytes_above_recovery_point() const { return appended_bytes_ - recovery_bytes_; }
  // Where the first transaction begins that is open, or whose marker the high watermark has not passed; none: nothing
  // holds readers of committed records back. The last stable offset is the smaller of it and the high watermark.
  // Never below the start.
  [[nodiscard]] std::optional<Offset> first_unstable_offset() const {
    const std::optional<Offset> first = producers_.first_unstable();
    return first ? std::optional(std::max(*first, start_offset_)) : std::nullopt;
  }
  [[nodiscard]] uint64_t size_bytes() const;
  [[nodiscard]] size_t segment_count() const { return segments_.size(); }
  // Where the log begins, and where each segment does that begins above it; ascending.
  [[nodiscard]] std::vector<Offset> segment_starts() const;
  [[nodiscard]] bool is_failed() const { return failed_; }

  // Notified when the end, the start or the flushed offset moves.
  [[nodiscard]] runtime::Signal& growth() { return growth_; }

  // --- writing ----------------------------------------------------------------------------------------------
  // Validates the batches in `records`, checks the producer's sequence, gives the records their offsets and writes
  // them, all or nothing. The memory behind `records` must stay until it returns. Errors of validation (CorruptMessage,
  // InvalidRecord, RecordTooLarge, RecordListTooLarge, InvalidTimestamp, UnsupportedCompressionType), of producers
  // (OutOfOrderSequence, InvalidProducerEpoch, InvalidTxnState), of the disk (Io, NoSpace, TooManyOpenFiles).
  [[nodiscard]] runtime::Task<AppendResult> append(Blob records, AppendOptions options);

  // The leader's bytes with the offsets and epochs they carry, whole batches; those below the end are an error
  // (OffsetOutOfRange); a gap is allowed where the leader compacted. A cut batch at the end is dropped.
  [[nodiscard]] runtime::Async<AppendInfo> append_as_follower(Blob records);

  // Closes the active segment, if it has any batches, and begins another at the end offset.
  [[nodiscard]] runtime::Async<> roll();

  // Returns when every record appended before the call is on disk. Calls that wait share syncs.
  [[nodiscard]] runtime::Async<> flush() { return sync(SyncScope::Records); }
  // After Io the bytes may be lost and no later sync would say so: the log is failed.
  [[nodiscard]] runtime::Async<> sync(SyncScope scope);

  // The same for whoever syncs many logs with one FileSystem::sync_all: prepare each, sync, then say so to each.
  // What was cut off in between is not taken for synced.
  struct Unsynced {
    SyncScope scope;
    Offset end;
    std::vector<Offset> sealed;  // segments whose indexes become durable
    uint64_t appended_bytes;
    uint64_t cuts;
    uint64_t names;
  };
  [[nodiscard]] runtime::Async<Unsynced> prepare_sync(SyncScope scope);
  [[nodiscard]] runtime::Async<> synced(Unsynced what);

  // --- reading ----------------------------------------------------------------------------------------------
  // Batches from the one that holds `from` on: at most `max_bytes`, all below `upper_bound`, from one segment. With
  // at_least_one the first batch comes whole even if it is larger. Empty at the end or above the bound.
  // OffsetOutOfRange below the start and above the end.
  [[nodiscard]] runtime::Async<ReadResult> read(Offset from, uint64_t max_bytes, Offset upper_bound, bool at_least_one);

  // Aborted transactions that overlap [from, upper), for readers of committed records.
  [[nodiscard]] runtime::Async<std::vector<AbortedTransaction>> aborted_transactions(Offset from, Offset upper);

  // The first record at or above `timestamp` (and at or above the start offset); none if all are older.
  [[nodiscard]] runtime::Async<std::optional<TimestampOffset>> offset_for_timestamp(int64_t timestamp);
  // The first record with the largest timestamp in the log; none if it is empty.
  [[nodiscard]] runtime::Async<std::optional<TimestampOffset>> offset_of_max_timestamp();

  // --- epochs and producers ---------------------------------------------------------------------------------
  // A new leader begins at the end of the log; what is being written then was still taken by the one before.
  void begin_epoch(LeaderEpoch epoch);
  [[nodiscard]] LeaderEpoch latest_epoch() const { return epochs_.latest(); }
  [[nodiscard]] LeaderEpoch epoch_at(Offset offset) const { return epochs_.epoch_at(offset); }
  [[nodiscard]] EpochEnd end_offset_for_epoch(LeaderEpoch epoch) const { return epochs_.end_of(epoch, end_offset_); }
  [[nodiscard]] const EpochCache& epochs() const { return epochs_; }

  [[nodiscard]] const ProducerTable& producers() const { return producers_; }
  void expire_producers(int64_t now_ms) { producers_.expire(now_ms, options_.producer_expiration.count()); }
  // Markers below the high watermark no longer hold the last stable offset back.
  void high_watermark_moved(Offset high_watermark) { producers_.forget_completed_below(high_watermark); }

  // --- cutting ----------------------------------------------------------------------------------------------
  // Forgets everything at and above `end`; above the end of the log it changes nothing. False: nothing changed.
  [[nodiscard]] runtime::Async<bool> truncate_to(Offset end);
  [[nodiscard]] runtime::Async<> truncate_fully_and_start_at(Offset start);
  // Moves the start up (DeleteRecords); segments below it go with the next retention. OffsetOutOfRange above the end.
  [[nodiscard]] runtime::Async<> delete_records_before(Offset start);
  // Renames segments that retention is done with to `.deleted` and takes them out of the log; the number of them.
  // Nothing at or above the high watermark goes.
  [[nodiscard]] runtime::Async<size_t> apply_retention(Offset high_watermark, int64_t now_ms);
  // Removes `.deleted` files renamed at or before `now` - file_delete_delay.
  [[nodiscard]] runtime::Async<> remove_deleted_files(runtime::MonotonicTime now);
  [[nodiscard]] bool has_deleted_files() const { return !deleted_.empty(); }

  // --- compaction: LogCleaner's work -------------------------------------------------------------------------
  // Compacted up to here, as far as known; below the start if not at all.
  [[nodiscard]] Offset first_dirty_offset() const { return first_dirty_; }
  // What there is to compact now; nothing at or above the last stable offset.
  [[nodiscard]] runtime::Async<CleaningPlan> plan_cleaning(Offset last_stable, int64_t now_ms);

  // --- ending -----------------------------------------------------------------------------------------------
  // Flushes, writes the indexes and the producer snapshot: the next open is cheap and Kafka could go on from here.
  // ByOwner: nothing is synced; whoever closes thousands of logs calls LogDirectory::sync after the last, and only
  // then are their end offsets their recovery points.
  [[nodiscard]] runtime::Async<> close(Syncing syncing = Syncing::Now);
  // Renames the directory out of the way (`-delete`, `-stray`); reads of Blobs handed out go on. The log is closed
  // without a flush. Returns the new path, to be removed after file_delete_delay.
  [[nodiscard]] runtime::Async<std::string> retire(std::string suffix);

 private:
  friend class LogLoader;
  friend class LogCleaner;
  using Segments = std::map<Offset, std::shared_ptr<Segment>>;  // by base offset; the last is active

  // A batch on its way into the log: its header as it will be written, and what it means for its producer.
  struct NewBatch {
    record::BatchHeader header;
    ProducerEffect effect;
  };
  struct Arrival;  // a client's append under way
  // In the order of the calls; no allocation.
  class ArrivalQueue {
   public:
    [[nodiscard]] bool empty() const { return first_ == nullptr; }
    [[nodiscard]] Arrival* first() const { return first_; }
    void push(Arrival& arrival);
    [[nodiscard]] Arrival& pop();

   private:
    Arrival* first_ = nullptr;
    Arrival* last_ = nullptr;
  };
  struct ArrivalRow;  // those that are written at once
  // While one lives, batches are on their way into the active segment: what begins at the end of the log waits.
  class WriteUnderWay {
   public:
    explicit WriteUnderWay(PartitionLog& log) : log_(log) { log_.is_writing_ = true; }
    WriteUnderWay(const WriteUnderWay&) = delete;
    WriteUnderWay& operator=(const WriteUnderWay&) = delete;
    ~WriteUnderWay();

   private:
    PartitionLog& log_;
  };
  // A segment out of the log whose files wait for their removal.
  struct DeletedSegment {
    std::shared_ptr<Segment> segment;
    runtime::MonotonicTime renamed;
  };

  PartitionLog(LogPlace place, LogOptions options);

  [[nodiscard]] Segment& active() { return *segments_.rbegin()->second; }
  [[nodiscard]] Result<> check_usable() const;
  [[nodiscard]] Error noted(Error error);  // remembers Io: the log is failed then

  [[nodiscard]] runtime::Task<AppendResult> append_validated(Blob records, AppendOptions options);
  [[nodiscard]] runtime::Task<void> append_arrivals(ArrivalQueue arrivals);
  [[nodiscard]] runtime::Task<void> append_row(ArrivalRow* row);
  [[nodiscard]] std::optional<AppendResult> known_outcome(const ProducerWrite& write) const;
  [[nodiscard]] runtime::Task<AppendResult> append_trusted(Blob records, AppendOptions options);
  [[nodiscard]] runtime::Async<> write(std::vector<ByteView> pieces, std::vector<NewBatch> batches);
  [[nodiscard]] runtime::Async<> take_in(const NewBatch* batch, uint64_t position);
  [[nodiscard]] runtime::Async<> roll_at(Offset base);
  [[nodiscard]] runtime::Async<> seal_active(Offset next_base);
  [[nodiscard]] runtime::Async<> take_snapshot(Offset offset);
  [[nodiscard]] runtime::Async<> remove_snapshots(Offset from, Offset to);

  struct Located {
    std::shared_ptr<Segment> segment;
    uint64_t position = 0;
    uint64_t batch_size = 0;
    Offset base;
  };
  [[nodiscard]] Result<> check_in_range(Offset from) const;
  [[nodiscard]] runtime::Async<ReadResult> read_in_range(Offset from, uint64_t max_bytes, Offset upper_bound,
                                                         bool at_least_one);
  [[nodiscard]] runtime::Async<std::optional<Located>> locate(Offset target);
  [[nodiscard]] runtime::Async<uint64_t> limit_in(std::shared_ptr<Segment> segment, Offset upper);
  [[nodiscard]] Segments::iterator segment_holding(Offset offset);
  [[nodiscard]] Segments::iterator next_after(const std::shared_ptr<Segment>& segment);

  [[nodiscard]] runtime::Async<> take_out(Segments::iterator segment);
  [[nodiscard]] runtime::Async<std::vector<CleaningFacts>> cleaning_facts(bool with_timestamps);
  // Says on disk that records below `end` may be missing because they were compacted: whoever recovers the log must
  // not take that for a loss, whatever becomes of the topic's policy and of checkpoints.
  [[nodiscard]] runtime::Async<> expect_gaps_below(Offset end);
  // Puts a compacted segment in the place of those it was made of. False: one of them is no longer as it was, and
  // nothing was changed.
  [[nodiscard]] runtime::Async<bool> swap_in(std::shared_ptr<Segment> cleaned,
                                             std::vector<std::shared_ptr<Segment>> sources, uint64_t cuts);
  [[nodiscard]] runtime::Async<> drop_front(size_t count);
  [[nodiscard]] runtime::Async<> start_over_at(Offset start);
  [[nodiscard]] runtime::Async<> cut_above(Offset end);
  [[nodiscard]] Unsynced unsynced(SyncScope scope) const;
  [[nodiscard]] runtime::Async<> store_for_recovery();
  [[nodiscard]] runtime::Async<> sync_files(SyncScope scope);
  [[nodiscard]] runtime::Async<> sync_contents(SyncScope scope);
  void settle(const Unsynced& what);
  [[nodiscard]] runtime::Async<> store_epochs(Syncing syncing);
  // A failure is that of the log, as with any sync.
  [[nodiscard]] runtime::Async<> sync_names();
  [[nodiscard]] runtime::Async<> sync_new_names();
  [[nodiscard]] runtime::Async<> drop_old_snapshots();
  void names_changed() { ++names_; }
  void moved() { growth_.notify_all(); }

  TopicPartition partition_;
  TopicId topic_id_;
  LogOptions options_;
  runtime::Directory directory_;
  Segments segments_;
  Segments sealed_unsynced_;  // sealed above the recovery point: their indexes may not be on disk
  EpochCache epochs_;
  ProducerTable producers_;
  RecentBatches recent_;
  std::map<Offset, uint64_t> snapshots_;  // producer snapshots on disk: offset to size in bytes
  std::map<Offset, std::shared_ptr<LazyFile>> snapshots_unsynced_;  // and those written since the recovery point
  std::vector<DeletedSegment> deleted_;

  Offset start_offset_{0};
  Offset end_offset_{0};
  uint64_t end_position_ = 0;  // of end_offset_ in the active segment
  Offset flushed_offset_{0};
  Offset recovery_point_{0};
  uint64_t appended_bytes_ = 0;  // since it was opened
  uint64_t recovery_bytes_ = 0;  // of them, those below the recovery point
  uint64_t cuts_ = 0;            // counts truncations, so that a read under way knows

  bool epochs_dirty_ = false;  // leader-epoch-checkpoint differs from epochs_
  bool is_writing_ = false;
  LeaderEpoch epoch_after_write_ = no_leader_epoch;
  uint64_t names_ = 0;         // counts files created, renamed and removed in the directory,
  uint64_t names_synced_ = 0;  // and how many of them are durable
  bool is_new_ = false;        // its directory and partition.metadata may not be durable yet
  bool failed_ = false;

  Offset first_dirty_{0};
  Offset gaps_end_{0};  // as .odradek-compaction has it
  uint64_t swaps_ = 0;  // counts segments that took the place of others, so that a read under way knows

  ArrivalQueue arrivals_;  // the first of them appends for all

  runtime::Turnstile structure_turn_;  // held by whatever takes segments away or replaces them; taken first
  runtime::Turnstile change_turn_;     // held by whatever changes the log
  runtime::Turnstile flush_turn_;      // held by whatever syncs it, or takes segments away; taken after change_turn_
  runtime::Signal growth_;
};

}  // namespace odradek::storage
