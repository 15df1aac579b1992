// One replica here: the leader's view of one partition, over its log.
//
// It decides who may append and read, and up to where: the log below knows only bytes and offsets. Belongs to the
// shard that PartitionRouter names; found through that shard's PartitionTable and held by shared_ptr while a request
// uses it, so that a deletion waits for nobody and cuts nobody off in mid-call.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "metadata/topic_image.h"
#include "model/ids.h"
#include "replication/high_watermark.h"
#include "runtime/task_group.h"
#include "storage/aborted_index.h"
#include "storage/log_cleaner.h"
#include "storage/partition_log.h"

namespace odradek::replication {

// Up to where a reader sees: replicas to the log's end, consumers to the high watermark, consumers that read only
// committed transactions to the last stable offset.
enum class ReadLimit : uint8_t { LogEnd, HighWatermark, LastStable };

struct FetchSpec {
  Offset from;
  uint64_t bytes_max = 0;
  bool at_least_one = false;  // the first batch comes whole even if it is larger than bytes_max
  bool cut_first = false;     // otherwise such a batch comes cut off, for readers of Kafka before 0.10.1, or not at all
  ReadLimit limit = ReadLimit::HighWatermark;
  LeaderEpoch current_leader_epoch = no_leader_epoch;  // what the reader believes; none: not checked
  LeaderEpoch last_fetched_epoch = no_leader_epoch;    // of the record before `from`; none: not checked (KIP-595)
};

struct FetchedRecords {
  Blob records;
  Offset high_watermark;
  Offset last_stable;
  Offset log_start;
  std::vector<storage::AbortedTransaction> aborted;  // only for ReadLimit::LastStable
  std::optional<storage::EpochEnd> diverging;        // the reader's history ended there; then there are no records
  bool ends_with_segment = false;                    // there are more records, in the next segment
};

struct ProduceSpec {
  int16_t produce_version = 13;
  int16_t acks = -1;
  int32_t min_insync_replicas = 1;  // of the topic; counts for acks -1 only, and no higher than there are replicas
  storage::AppendOrigin origin = storage::AppendOrigin::Client;
  const std::function<void()>* ordered = nullptr;  // as storage::AppendOptions has it
};

// The timestamps of ListOffsets that are not timestamps.
namespace offset_spec {
inline constexpr int64_t latest = -1;
inline constexpr int64_t earliest = -2;
inline constexpr int64_t max_timestamp = -3;
inline constexpr int64_t earliest_local = -4;
inline constexpr int64_t latest_tiered = -5;
inline constexpr int64_t earliest_pending_upload = -6;
}  // namespace offset_spec

class Partition;

// Who looks after the disk for many partitions; outlives them.
class DiskKeeper {
 public:
  virtual ~DiskKeeper() = default;
  // The partition has records that are not on disk.
  virtual void grew(Partition& partition) = 0;
  // Somebody waits for its log: it is opened before those that nobody asked for.
  virtual void wanted(Partition& partition) = 0;
  // A sync failed: nobody knows what the disk holds.
  virtual void disk_failed(Partition& partition, const Error& why) = 0;
};

class Partition : public std::enable_shared_from_this<Partition> {
 public:
  // Without a keeper nothing reaches the disk by itself, save where every record is to be flushed.
  Partition(PartitionId id, TopicPartition name, NodeId self, DiskKeeper* keeper = nullptr);
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  [[nodiscard]] const PartitionId& id() const { return id_; }
  [[nodiscard]] const TopicPartition& name() const { return name_; }

  // --- becoming what the metadata says ----------------------------------------------------------------------
  // Calls made before this one wait for it: a partition is in the table as soon as the metadata names it.
  void online(std::unique_ptr<storage::PartitionLog> log);
  // The log could not be opened or its directory failed: every call answers with KafkaStorageError from now on.
  void offline(Error why);
  // There is no room for its log: every call answers with that until it is online.
  void refuse_until_online(Error why);
  // Takes over leader, epoch and in-sync replicas. A higher epoch with this node as leader begins a new reign.
  void apply(const metadata::PartitionImage& image);
  void update_options(storage::LogOptions options);

  // --- requests ---------------------------------------------------------------------------------------------
  // Appends, and raises the high watermark by what this replica can promise. NotLeader, NotEnoughReplicas, and what
  // PartitionLog::append says. Waits neither for the disk nor for other replicas: acknowledged() does.
  [[nodiscard]] runtime::Task<storage::AppendResult> append(Blob records, ProduceSpec spec);

  // Returns when the records before `end` may be acknowledged: for acks 1 when this replica can promise them (they are
  // on disk where flush.messages is 1), for acks -1 when they are committed. The disk takes the time it takes, other
  // replicas have until the deadline. RequestTimedOut, Cancelled, Io.
  [[nodiscard]] runtime::Async<> acknowledged(Offset end, int16_t acks, runtime::Deadline deadline);
  // Whether that would not have to wait.
  [[nodiscard]] bool is_acknowledged(Offset end, int16_t acks) const;
  // Returns when the records before `end` are committed. RequestTimedOut, Cancelled, Io.
  [[nodiscard]] runtime::Async<> committed(Offset end, runtime::Deadline deadline);

  // OffsetOutOfRange, NotLeader, FencedLeaderEpoch, UnknownLeaderEpoch, Io.
  [[nodiscard]] runtime::Async<FetchedRecords> read(FetchSpec spec);

  // Answers one of offset_spec or the first record at or after a timestamp; nothing where there is none.
  [[nodiscard]] runtime::Async<std::optional<storage::TimestampOffset>> find_offset(int64_t timestamp, ReadLimit limit,
                                                                                    LeaderEpoch current_leader_epoch);

  // Moves the start of the log to `before`, -1 meaning the high watermark; the new start. OffsetOutOfRange,
  // PolicyViolation where the topic only compacts.
  [[nodiscard]] runtime::Async<Offset> delete_records(Offset before);

  [[nodiscard]] runtime::Async<storage::EpochEnd> end_of_epoch(LeaderEpoch epoch, LeaderEpoch current_leader_epoch);

  // A copy: the table moves on while an answer is built.
  [[nodiscard]] runtime::Async<std::vector<storage::ProducerState>> producers();

  // --- state ------------------------------------------------------------------------------------------------
  [[nodiscard]] bool is_leader() const { return leader_ == self_; }
  [[nodiscard]] NodeId leader() const { return leader_; }
  [[nodiscard]] LeaderEpoch leader_epoch() const { return leader_epoch_; }
  [[nodiscard]] Offset high_watermark() const { return high_watermark_.value(); }
  [[nodiscard]] Offset last_stable_offset() const;
  // Null until it is online and again once it is retired; a log that failed later is still there.
  [[nodiscard]] storage::PartitionLog* log() { return log_.get(); }
  // Notified when there may be more to read, when leadership or the log goes.
  [[nodiscard]] runtime::Signal& changed() { return changed_; }

  // --- the disk, called by the LogFlusher -------------------------------------------------------------------
  // As PartitionLog's calls of these names; nothing to do where the log is gone. A disk that failed makes the partition
  // answer with that from now on.
  [[nodiscard]] runtime::Async<> sync(storage::SyncScope scope);
  [[nodiscard]] runtime::Async<std::optional<storage::PartitionLog::Unsynced>> prepare_sync(storage::SyncScope scope);
  [[nodiscard]] runtime::Async<> synced(storage::PartitionLog::Unsynced what);
  // On which of its lists the LogFlusher has it.
  struct Listed {
    bool is_dirty = false;
    bool is_behind = false;
  };
  [[nodiscard]] Listed& listed() { return listed_; }
  // It flushes by itself, as its topic wants it.
  [[nodiscard]] bool is_flushing() const { return is_flushing_; }

  // --- upkeep, called by the PartitionTable -----------------------------------------------------------------
  [[nodiscard]] runtime::Async<> enforce_retention(int64_t now_ms);
  [[nodiscard]] runtime::Async<> remove_deleted_files();
  // Nothing where the topic is not compacted, the log is not there, or it could not be compacted before.
  [[nodiscard]] runtime::Async<std::optional<storage::CleaningPlan>> plan_cleaning(int64_t now_ms);
  // One at a time. Ends early when the partition is closed. Errors as storage::LogCleaner's; after those that come from
  // what the log holds, is_uncleanable().
  [[nodiscard]] runtime::Async<storage::CleaningReport> clean(storage::CleanerOptions options, int64_t now_ms,
                                                              std::function<bool()> is_cancelled);
  [[nodiscard]] bool is_uncleanable() const { return is_uncleanable_; }
  // Waits for calls under way, then hands the log out; later calls answer UnknownTopicOrPartition or, where the
  // process is stopping, NotLeader.
  [[nodiscard]] runtime::Task<std::unique_ptr<storage::PartitionLog>> close(Errc answer);

 private:
  // Lets a call in once the log is there.
  [[nodiscard]] runtime::Async<runtime::Gate::Pass> enter();
  [[nodiscard]] Result<> check_leader(LeaderEpoch current_leader_epoch) const;
  [[nodiscard]] Offset end_of(ReadLimit limit) const;
  // How far this replica's own word reaches (idea 9: a promise is an offset).
  [[nodiscard]] Offset promised() const;
  void advance();
  // Sees to it that new records reach the disk as the topic wants it.
  void take_to_disk();
  [[nodiscard]] bool must_flush_now() const;
  [[nodiscard]] runtime::Task<void> flush_while_due();
  void disk_failed(const Error& why);
  [[nodiscard]] std::optional<storage::EpochEnd> divergence(const FetchSpec& spec) const;

  PartitionId id_;
  TopicPartition name_;
  NodeId self_;
  NodeId leader_ = no_node;
  LeaderEpoch leader_epoch_ = no_leader_epoch;
  size_t replica_count_ = 0;
  size_t in_sync_count_ = 0;
  std::unique_ptr<storage::PartitionLog> log_;
  std::optional<Error> offline_;
  Errc closed_answer_ = Errc::UnknownTopicOrPartition;
  DiskKeeper* keeper_;
  HighWatermark promise_;  // up to where this replica's own word reaches
  HighWatermark high_watermark_;
  bool is_uncleanable_ = false;  // until the next start
  bool is_flushing_ = false;
  Listed listed_;
  runtime::TaskGroup tasks_;
  runtime::Signal changed_;
  runtime::Gate gate_;
};

}  // namespace odradek::replication
