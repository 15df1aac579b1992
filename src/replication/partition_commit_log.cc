#include "replication/partition_commit_log.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "record/batch_reader.h"
#include "record/control_record.h"
#include "runtime/file.h"
#include "runtime/shard.h"

namespace odradek::replication {

using machine::CommitListener;
using machine::CommittedBatch;
using machine::LogRecord;
using machine::LogRecordView;

namespace {

std::optional<ByteView> view(const std::optional<Bytes>& bytes) {
  return bytes ? std::optional(ByteView(*bytes)) : std::nullopt;
}

// More than that is not gathered for one write.
constexpr uint64_t round_bytes_max = 1 << 20;

// About as much as the records take in a batch, and not less.
size_t size_of(const std::vector<LogRecord>& records) {
  constexpr size_t around_each = 32;
  size_t size = 0;
  for (const LogRecord& record : records) {
    size += around_each + (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  }
  return size;
}

void add_to(record::BatchBuilder& batch, const std::vector<LogRecord>& records) {
  const int64_t now = runtime::Shard::current().wall_now();
  for (const LogRecord& record : records) {
    batch.append({.timestamp = now, .key = view(record.key), .value = view(record.value)});
  }
}

std::unexpected<Error> not_leading() { return fail(Errc::NotController, "this node does not lead the partition"); }

// As CommitLog has it: who has to look for another node is told NotController.
Error as_log_error(Error error) {
  if (error.code == Errc::NotLeader || error.code == Errc::UnknownTopicOrPartition) {
    error.code = Errc::NotController;
  }
  return error;
}

// Tells a listener the records of a stretch of log, transactions at their markers: those of their records whose keys
// nothing further up the log has spoken of since, as Kafka's coordinator takes them.
class Teller {
 public:
  explicit Teller(CommitListener& listener) : listener_(listener) {}

  Result<> tell(const record::BatchEntry& entry) {
    if (entry.header.is_control()) {
      return entry.header.is_transactional() ? end_transaction(entry) : Result<>{};
    }
    if (entry.header.is_transactional()) {
      open_[entry.header.producer_id].emplace_back(entry.bytes.begin(), entry.bytes.end());
      return note_keys(entry.bytes);
    }
    return tell_records(entry.bytes, entry.header);
  }

 private:
  Result<> end_transaction(const record::BatchEntry& entry) {
    record::RecordReader reader(entry.bytes);
    TRY(const std::optional<record::RecordView> marker, reader.next_record());
    if (!marker) {
      return {};
    }
    TRY(const std::optional<record::ControlType> type, record::parse_control_type(*marker));
    const auto open = open_.extract(entry.header.producer_id);
    if (type == record::ControlType::Commit && !open.empty()) {
      for (const Bytes& bytes : open.mapped()) {
        record::BatchScanner scanner(bytes);
        TRY(const std::optional<record::BatchEntry> batch, scanner.next());
        TRY(tell_records(batch->bytes, batch->header));
      }
    }
    if (open_.empty()) {
      told_.clear();
    }
    return {};
  }

  Result<> note_keys(ByteView batch) {
    record::RecordReader reader(batch);
    for (;;) {
      TRY(const std::optional<record::RecordView> record, reader.next_record());
      if (!record) {
        return {};
      }
      if (record->key) {
        told_.try_emplace(std::string(as_text(*record->key)), Offset{-1});
      }
    }
  }

  // Whether the batch at `base` has the last word so far.
  bool is_latest(const std::optional<ByteView>& key, Offset base) {
    const auto told = told_.empty() || !key ? told_.end() : told_.find(as_text(*key));
    if (told == told_.end()) {
      return true;
    }
    const bool is_latest = told->second <= base;
    told->second = std::max(told->second, base);
    return is_latest;
  }

  Result<> tell_records(ByteView bytes, const record::BatchHeader& header) {
    std::deque<Bytes> unpacked;  // a compressed batch's records go with the reader's next step
    const auto keep = [&](const std::optional<ByteView>& stored) -> std::optional<ByteView> {
      if (!stored || !header.is_compressed()) {
        return stored;
      }
      return ByteView(unpacked.emplace_back(stored->begin(), stored->end()));
    };
    CommittedBatch batch{.base = header.base_offset,
                         .last = header.last_offset,
                         .epoch = header.leader_epoch,
                         .timestamp = header.max_timestamp,
                         .is_control = false,
                         .records = {}};
    record::RecordReader reader(bytes);
    for (;;) {
      TRY(const std::optional<record::RecordView> record, reader.next_record());
      if (!record) {
        break;
      }
      if (is_latest(record->key, header.base_offset)) {
        batch.records.push_back({.key = keep(record->key), .value = keep(record->value)});
      }
    }
    return batch.records.empty() ? Result<>{} : listener_.on_commit(batch);
  }

  CommitListener& listener_;
  std::map<ProducerId, std::vector<Bytes>> open_;    // batches of transactions that have not ended yet
  std::map<std::string, Offset, std::less<>> told_;  // of each of their keys, the base of the last batch told
};

}  // namespace

PartitionCommitLog::~PartitionCommitLog() = default;

std::optional<LeaderEpoch> PartitionCommitLog::leading() const {
  if (is_closed_ || partition_->log() == nullptr || !partition_->is_leader()) {
    return std::nullopt;
  }
  return partition_->leader_epoch();
}

Offset PartitionCommitLog::end_offset() const {
  if (is_writing_) {
    return queued_end_;
  }
  const storage::PartitionLog* log = partition_->log();
  return log == nullptr ? Offset{0} : log->end_offset();
}

size_t PartitionCommitLog::batch_bytes_max() const {
  const storage::PartitionLog* log = partition_->log();
  return log == nullptr ? 0 : log->options().produce.batch_size_max;
}

runtime::Async<> PartitionCommitLog::append(std::vector<LogRecord> records, LeaderEpoch epoch, Offset expected_end) {
  ensure(!records.empty(), "an append without records");
  if (leading() != epoch || expected_end != end_offset()) {
    co_return not_leading();
  }
  CO_TRY(const std::shared_ptr<Round> round, enqueue(records));
  const Offset end = expected_end + std::ssize(records);
  round->end = queued_end_ = end;
  if (!is_writing_) {
    is_writing_ = true;
    tasks_.spawn(write_queue());
  }
  runtime::Waiter waiter;
  waiter.subscribe(round->done);
  while (!round->written) {
    co_await waiter.wait();
  }
  CO_TRY(*round->written);
  if (committed_offset() < end) {
    CO_TRY(co_await committed(end));
  }
  co_return Result<>{};
}

Result<std::shared_ptr<PartitionCommitLog::Round>> PartitionCommitLog::enqueue(const std::vector<LogRecord>& records) {
  const size_t size = size_of(records);
  if (has_room_for(size) && queue_.back()->open && queue_.back()->open->size() + size <= batch_bytes_max()) {
    add_to(*queue_.back()->open, records);
    return queue_.back();
  }
  // Without a producer, but counting from 0: as Kafka writes it.
  record::BatchBuilder batch({.codec = options_.codec, .base_sequence = 0});
  batch.reserve(size);
  add_to(batch, records);
  Bytes compressed;
  if (options_.codec != record::Codec::None) {
    compressed = batch.finish();  // how large it is shows at its end
  }
  const size_t batch_size = compressed.empty() ? batch.size() : compressed.size();
  if (batch_size > batch_bytes_max()) {
    return fail(Errc::RecordListTooLarge,
                fmt::format("a decision of {} bytes is larger than a batch may be", batch_size));
  }
  if (!has_room_for(batch_size)) {
    queue_.push_back(std::make_shared<Round>());
  }
  const std::shared_ptr<Round>& round = queue_.back();
  round->end_batch();
  if (compressed.empty()) {
    round->open = std::move(batch);
  } else {
    round->add(std::move(compressed));
  }
  return round;
}

void PartitionCommitLog::Round::add(Bytes batch) {
  if (batches.empty()) {
    batches = std::move(batch);
  } else {
    batches.insert(batches.end(), batch.begin(), batch.end());
  }
}

void PartitionCommitLog::Round::end_batch() {
  if (open) {
    add(open->finish());
    open.reset();
  }
}

bool PartitionCommitLog::has_room_for(size_t bytes) const {
  const uint64_t bytes_max = std::min(round_bytes_max, partition_->log()->options().segment_bytes_max);
  return !queue_.empty() && queue_.back()->size() + bytes <= bytes_max;
}

runtime::Task<void> PartitionCommitLog::write_queue() {
  co_await runtime::yield();  // what is decided in this turn goes together
  while (!queue_.empty()) {
    const std::shared_ptr<Round> round = std::move(queue_.front());
    queue_.pop_front();
    const Result<> written = co_await write(*round);
    if (!written) {
      fail_from(*round, written.error());
    } else {
      round->written = Result<>{};
    }
    round->done.notify_all();
    written_.notify_all();
  }
  is_writing_ = false;
}

runtime::Async<> PartitionCommitLog::write(Round& round) {
  round.end_batch();
  const storage::AppendResult appended = co_await partition_->append(
      Blob(std::move(round.batches)),
      {.min_insync_replicas = options_.min_insync_replicas, .origin = storage::AppendOrigin::Coordinator});
  if (!appended) {
    co_return std::unexpected(as_log_error(appended.error().error));
  }
  if (appended->last + 1 != round.end) {
    co_return fail(Errc::Unknown, "somebody else has written to a coordinator's partition");
  }
  co_return Result<>{};
}

void PartitionCommitLog::fail_from(Round& round, const Error& error) {
  round.written = std::unexpected(error);
  for (const std::shared_ptr<Round>& queued : queue_) {
    queued->written = fail(Errc::NotController, "an append before this one failed");
    queued->done.notify_all();
  }
  queue_.clear();
  ++failures_;
}

runtime::Async<> PartitionCommitLog::committed(Offset offset) {
  const uint64_t failures = failures_;
  runtime::Waiter waiter;
  waiter.subscribe(written_);
  while (is_writing_ && committed_offset() < offset && failures == failures_) {
    co_await waiter.wait();
  }
  if (committed_offset() >= offset) {
    co_return Result<>{};
  }
  if (failures != failures_) {
    co_return fail(Errc::Unknown, "what was read may not have been committed");
  }
  const Result<> reached = co_await partition_->committed(offset, runtime::never);
  if (!reached) {
    co_return std::unexpected(as_log_error(reached.error()));
  }
  co_return Result<>{};
}

runtime::Async<> PartitionCommitLog::subscribe(CommitListener& listener) {
  if (!leading()) {
    co_return not_leading();
  }
  const Offset end = end_offset();
  CO_TRY(co_await committed(end));
  if (!leading()) {
    co_return not_leading();  // the log may have gone, too
  }
  constexpr uint64_t read_bytes = 1 << 20;
  Teller teller(listener);
  Offset next = partition_->log()->start_offset();
  while (next < end) {
    const auto fetched = co_await partition_->read({.from = next, .bytes_max = read_bytes, .at_least_one = true});
    if (!fetched) {
      co_return std::unexpected(as_log_error(fetched.error()));
    }
    CO_TRY(const Bytes bytes, co_await runtime::read_blob(fetched->records));
    record::BatchScanner scanner(bytes);
    const Offset before = next;
    for (;;) {
      CO_TRY(const std::optional<record::BatchEntry> entry, scanner.next());
      if (!entry || next >= end) {
        break;
      }
      if (entry->header.last_offset >= next) {
        CO_TRY(teller.tell(*entry));
        next = entry->header.next_offset();
      }
    }
    if (next == before) {
      break;  // compaction took the end of the log's last batches
    }
    co_await runtime::yield();
  }
  if (!leading()) {
    co_return not_leading();
  }
  co_return Result<>{};
}

void PartitionCommitLog::unsubscribe(CommitListener&) {}

runtime::Async<> PartitionCommitLog::write_snapshot(Offset, std::vector<LogRecord>) {
  co_return fail(Errc::UnsupportedVersion, "a partition compacts and needs no snapshots");
}

runtime::Task<void> PartitionCommitLog::close() {
  is_closed_ = true;
  co_await tasks_.join();
}

}  // namespace odradek::replication
