// Where a replicated state machine appends: an ordered log of records, whoever orders it.
//
// A single embedded voter, a ZooKeeper ensemble or a Raft quorum can stand behind it. One leader epoch at a time may
// append. Everything here belongs to one shard.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "runtime/task.h"

namespace odradek::machine {

// A record as it is stored. Metadata has no keys; a missing value is a tombstone.
struct LogRecord {
  std::optional<Bytes> key;
  std::optional<Bytes> value;
};

// The same, as a view of a batch.
struct LogRecordView {
  std::optional<ByteView> key;
  std::optional<ByteView> value;
};

// A batch that is committed: it and everything before it will never be lost. Record i has the offset base + i.
struct CommittedBatch {
  Offset base;
  Offset last;
  LeaderEpoch epoch;
  int64_t timestamp;  // milliseconds since 1970, of the append
  bool is_control;    // leader changes and the like: no records of the state machine's
  std::vector<LogRecordView> records;
};

// Everything below `end`, instead of the batches themselves.
struct LogSnapshot {
  Offset end;         // exclusive
  LeaderEpoch epoch;  // of the last record below end
  int64_t timestamp;  // of that record
  std::vector<LogRecordView> records;
};

// Hears of the log from its beginning: a snapshot if the log starts with one, then every committed batch in order,
// each exactly once. An error stops the log: what it says can no longer be followed. Views end with the call.
class CommitListener {
 public:
  virtual ~CommitListener() = default;
  [[nodiscard]] virtual Result<> on_snapshot(const LogSnapshot& snapshot) = 0;
  [[nodiscard]] virtual Result<> on_commit(const CommittedBatch& batch) = 0;
};

class CommitLog {
 public:
  virtual ~CommitLog() = default;

  // Who may append now, and in which epoch; nothing when it is not this node.
  [[nodiscard]] virtual std::optional<LeaderEpoch> leading() const = 0;

  // One past the last record appended, committed or not.
  [[nodiscard]] virtual Offset end_offset() const = 0;

  // Everything below is committed.
  [[nodiscard]] virtual Offset committed_offset() const = 0;

  // The most bytes of keys and values that one append may hold: more must be framed in several by the state machine.
  [[nodiscard]] virtual size_t batch_bytes_max() const = 0;

  // Appends the records as one batch at `expected_end`, and returns when they are committed and every listener has
  // heard of them. The end offset moves before the first wait, so the next append may be made at once; appends commit
  // in order. If one fails, all appended after it fail too.
  //
  // Errors: NotController (refused: the epoch or the expected end is not the log's; nothing was appended), Unknown
  // (the records may turn out to be committed), Io and NoSpace (they are not), RecordListTooLarge, Cancelled.
  [[nodiscard]] virtual runtime::Async<> append(std::vector<LogRecord> records, LeaderEpoch epoch,
                                                Offset expected_end) = 0;

  // Returns when everything below `offset` is committed. Errors as append.
  [[nodiscard]] virtual runtime::Async<> committed(Offset offset) = 0;

  // Tells the listener everything so far, at once, and then whatever comes. The listener must outlive the log or
  // unsubscribe.
  [[nodiscard]] virtual runtime::Async<> subscribe(CommitListener& listener) = 0;
  virtual void unsubscribe(CommitListener& listener) = 0;

  // Keeps `records` as a snapshot of everything below `end`, which must be committed; batches below it may be
  // dropped afterwards. The caller says when.
  [[nodiscard]] virtual runtime::Async<> write_snapshot(Offset end, std::vector<LogRecord> records) = 0;
};

}  // namespace odradek::machine
