// The metadata log of a cluster whose only voter is this process: `__cluster_metadata-0`, in Kafka's files.
//
// One voter is its own majority: a record is committed when it is on this disk. Appends are gathered while the disk
// syncs, so many decisions share one sync. Each start claims a new leader epoch (`quorum-state`, then a LEADER_CHANGE
// in the log). Kafka also writes a NoOpRecord every 500 ms while idle, to show other nodes that time passes; with one
// node there is nobody to show it to, and it is left out.
//
// Belongs to one shard. Close it, with no call running, before destroying it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/metadata_inspection.h"
#include "controller/metadata_snapshot.h"
#include "controller/quorum_state.h"
#include "controller/voter_set.h"
#include "machine/commit_log.h"
#include "observe/log.h"
#include "runtime/file.h"
#include "runtime/task_group.h"
#include "runtime/wait.h"
#include "storage/partition_log.h"

namespace odradek::controller {

struct EmbeddedVoterOptions {
  storage::LogPlace place;  // of __cluster_metadata-0
  NodeId node;
  DirectoryId directory;                 // of the log directory that holds it
  std::vector<VoterEndpoint> endpoints;  // the controller's listeners, as voters are listed
  storage::LogOptions log;
  uint64_t batch_bytes_max = 8 << 20;        // as Kafka's
  uint64_t retention_bytes_max = 100 << 20;  // metadata.max.retention.bytes: of segments
  std::function<void(const Error&)> failed;  // hears that the disk failed: nothing is decided any more; may be empty
};

class EmbeddedVoterLog final : public machine::CommitLog {
 public:
  // Opens the files of a directory that was inspected, with nothing in between, and whose checks have passed.
  [[nodiscard]] static runtime::Async<std::unique_ptr<EmbeddedVoterLog>> open(EmbeddedVoterOptions options,
                                                                              MetadataInspection inspection);
  ~EmbeddedVoterLog() override;

  // Begins this node's leadership in a new epoch. Once.
  [[nodiscard]] runtime::Async<> claim();

  [[nodiscard]] std::optional<LeaderEpoch> leading() const override { return leading_; }
  [[nodiscard]] Offset end_offset() const override { return next_; }
  [[nodiscard]] Offset committed_offset() const override { return committed_; }
  [[nodiscard]] size_t batch_bytes_max() const override { return options_.batch_bytes_max; }
  [[nodiscard]] runtime::Async<> append(std::vector<machine::LogRecord> records, LeaderEpoch epoch,
                                        Offset expected_end) override;
  [[nodiscard]] runtime::Async<> committed(Offset offset) override;
  [[nodiscard]] runtime::Async<> subscribe(machine::CommitListener& listener) override;
  void unsubscribe(machine::CommitListener& listener) override;
  [[nodiscard]] runtime::Async<> write_snapshot(Offset end, std::vector<machine::LogRecord> records) override;

  [[nodiscard]] const QuorumFacts& quorum() const { return quorum_; }
  [[nodiscard]] DirectoryId directory() const { return options_.directory; }
  [[nodiscard]] Offset start_offset() const { return log_->start_offset(); }
  [[nodiscard]] uint64_t bytes_since_snapshot() const { return bytes_since_snapshot_; }
  [[nodiscard]] Offset newest_snapshot_end() const { return snapshots_.empty() ? Offset(0) : snapshots_.back().end; }

  // Ends the leadership, waits for what is under way, and closes the files.
  [[nodiscard]] runtime::Async<> close();

 private:
  // One append on its way to the disk.
  struct Pending {
    Bytes batch;
    std::vector<machine::LogRecord> records;
    Offset base;
    Offset last;
    int64_t timestamp;
    bool is_control;
    std::optional<Result<>> outcome;
  };

  explicit EmbeddedVoterLog(EmbeddedVoterOptions options) : options_(std::move(options)) {}

  [[nodiscard]] runtime::Async<> put_aside(std::vector<SnapshotId> damaged, std::vector<std::string> leftovers);
  [[nodiscard]] runtime::Async<> open_log(bool exists);
  [[nodiscard]] runtime::Async<Bytes> read_batches(Offset from);
  // Up to where it reaches.
  [[nodiscard]] runtime::Async<Offset> tell_snapshot(machine::CommitListener& listener);
  [[nodiscard]] runtime::Async<Offset> tell_batches(machine::CommitListener& listener, Offset from);
  [[nodiscard]] runtime::Async<> append_control(LeaderEpoch epoch);
  [[nodiscard]] runtime::Async<> enqueue(std::shared_ptr<Pending> pending);
  [[nodiscard]] runtime::Task<void> write_queue();
  [[nodiscard]] runtime::Async<> write(const std::vector<std::shared_ptr<Pending>>& group);
  void commit(const Pending& pending);
  // A batch that ends there is above the newest snapshot; each counts once, however many read it.
  void count(Offset end, uint64_t size);
  void fail_all(const std::vector<std::shared_ptr<Pending>>& group, const Error& error);
  [[nodiscard]] runtime::Async<> forget_old_snapshots();
  [[nodiscard]] std::string path(std::string_view file) const;

  EmbeddedVoterOptions options_;
  std::unique_ptr<storage::PartitionLog> log_;
  QuorumState state_;
  QuorumFacts quorum_;                 // what the log has said last
  bool is_quorum_in_log_ = false;      // and not only in a snapshot
  std::vector<SnapshotId> snapshots_;  // ascending
  std::optional<LeaderEpoch> leading_;
  Offset next_{0};  // end of the log with everything in queue_
  Offset committed_{0};
  int64_t committed_timestamp_ = no_timestamp;
  uint64_t bytes_since_snapshot_ = 0;
  Offset counted_{0};  // the end of those bytes
  uint64_t failures_ = 0;
  bool is_broken_ = false;  // a sync failed: what is on disk is not known any more
  std::deque<std::shared_ptr<Pending>> queue_;
  bool is_writing_ = false;
  std::vector<machine::CommitListener*> listeners_;  // those that have heard everything up to committed_
  runtime::Signal moved_;                            // committed_ or failures_ changed
  runtime::TaskGroup tasks_;
  observe::Logger logger_{"controller"};
};

}  // namespace odradek::controller
