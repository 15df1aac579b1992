// A coordinator's log: a state machine's records in a partition like any other.
//
// A decision's records lie in one batch, and have one timestamp and no producer, as Kafka's coordinators write them.
// Appends of one turn, and those that come while the disk is busy, are written together, in one batch if that is not
// compressed. Committed is what lies below the high watermark. Transactions that Kafka's coordinator left are told at
// their commit marker; aborted and open ones are not.
//
// Belongs to the partition's shard. Close it, and then await the calls that run, before destroying it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "machine/commit_log.h"
#include "record/batch_builder.h"
#include "record/compression.h"
#include "replication/partition.h"
#include "runtime/task_group.h"
#include "runtime/wait.h"

namespace odradek::replication {

struct PartitionCommitLogOptions {
  record::Codec codec = record::Codec::None;
  int32_t min_insync_replicas = 1;
};

class PartitionCommitLog final : public machine::CommitLog {
 public:
  PartitionCommitLog(std::shared_ptr<Partition> partition, PartitionCommitLogOptions options)
      : partition_(std::move(partition)), options_(options) {}
  ~PartitionCommitLog() override;

  [[nodiscard]] std::optional<LeaderEpoch> leading() const override;
  [[nodiscard]] Offset end_offset() const override;
  [[nodiscard]] Offset committed_offset() const override { return partition_->high_watermark(); }
  [[nodiscard]] size_t batch_bytes_max() const override;
  [[nodiscard]] runtime::Async<> append(std::vector<machine::LogRecord> records, LeaderEpoch epoch,
                                        Offset expected_end) override;
  [[nodiscard]] runtime::Async<> committed(Offset offset) override;

  // Tells what is committed by the time the whole log, as it was at the call, is. What comes later is told to nobody:
  // a Machine asks for no more.
  [[nodiscard]] runtime::Async<> subscribe(machine::CommitListener& listener) override;
  void unsubscribe(machine::CommitListener& listener) override;

  // A partition needs no snapshots: it compacts. Errc::UnsupportedVersion.
  [[nodiscard]] runtime::Async<> write_snapshot(Offset end, std::vector<machine::LogRecord> records) override;

  // Leads no longer, and answers NotController from now on; waits for what is being written.
  [[nodiscard]] runtime::Task<void> close();

 private:
  // Batches that are written with one call. Shared by those who wait for it.
  struct Round {
    Bytes batches;
    std::optional<record::BatchBuilder> open;  // the batch after them, which more decisions may join
    Offset end{0};                             // of the log with all of them
    std::optional<Result<>> written;
    runtime::Signal done;

    [[nodiscard]] size_t size() const { return batches.size() + (open ? open->size() : 0); }
    void add(Bytes batch);
    void end_batch();
  };

  // Puts the records into the round that is to be written last, and answers it. RecordListTooLarge.
  [[nodiscard]] Result<std::shared_ptr<Round>> enqueue(const std::vector<machine::LogRecord>& records);
  // Whether so many bytes may join the last round.
  [[nodiscard]] bool has_room_for(size_t bytes) const;
  [[nodiscard]] runtime::Task<void> write_queue();
  [[nodiscard]] runtime::Async<> write(Round& round);
  // That one, and all that were to follow it.
  void fail_from(Round& round, const Error& error);

  std::shared_ptr<Partition> partition_;
  PartitionCommitLogOptions options_;
  std::deque<std::shared_ptr<Round>> queue_;  // not being written yet
  Offset queued_end_{0};                      // of the log with all that is on its way; meaningful while is_writing_
  bool is_writing_ = false;
  uint64_t failures_ = 0;
  bool is_closed_ = false;
  runtime::Signal written_;
  runtime::TaskGroup tasks_;
};

}  // namespace odradek::replication
