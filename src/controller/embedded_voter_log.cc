// EmbeddedVoterLog: appending, committing and telling listeners. Opening and snapshots are in files of their own.
#include "controller/embedded_voter_log.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "record/batch_builder.h"
#include "record/batch_reader.h"
#include "record/control_record.h"
#include "runtime/shard.h"

namespace odradek::controller {

using machine::CommitListener;
using machine::CommittedBatch;
using machine::LogRecord;

namespace {

std::optional<ByteView> view(const std::optional<Bytes>& bytes) {
  return bytes ? std::optional(ByteView(*bytes)) : std::nullopt;
}

}  // namespace

EmbeddedVoterLog::~EmbeddedVoterLog() = default;

std::string EmbeddedVoterLog::path(std::string_view file) const {
  return fmt::format("{}/{}", options_.place.directory, file);
}

runtime::Async<> EmbeddedVoterLog::claim() {
  ensure(!leading_ && !is_broken_, "leadership is claimed once");
  const LeaderEpoch in_snapshot = snapshots_.empty() ? LeaderEpoch(0) : snapshots_.back().epoch;
  const LeaderEpoch epoch(std::max({state_.epoch.raw(), log_->latest_epoch().raw(), in_snapshot.raw()}) + 1);
  state_.leader = options_.node;
  state_.epoch = epoch;
  state_.voted = no_node;
  state_.voted_directory = {};
  const std::string text = state_.text();
  // The epoch must be on disk before anything is written under it: no two leaders ever share one.
  CO_TRY(
      co_await runtime::Shard::current().files().replace_file(path("quorum-state"), Bytes(text.begin(), text.end())));
  log_->begin_epoch(epoch);
  leading_ = epoch;
  const Result<> done = co_await append_control(epoch);
  if (!done) {
    leading_.reset();
  }
  co_return done;
}

// LEADER_CHANGE, and who votes where the log does not say so yet or says something else.
runtime::Async<> EmbeddedVoterLog::append_control(LeaderEpoch epoch) {
  const std::vector<Voter> self = {
      {.id = options_.node, .directory = options_.directory, .endpoints = options_.endpoints}};
  const Bytes leader = leader_change_value(options_.node, {options_.node});
  const Bytes version = kraft_version_value(quorum_.kraft_version);
  const Bytes voters = voters_value(self);
  std::vector<record::ControlRecord> records = {{record::ControlType::LeaderChange, leader}};
  if (quorum_.kraft_version > 0 && (!is_quorum_in_log_ || quorum_.voters != self)) {
    records.push_back({record::ControlType::KRaftVersion, version});
    records.push_back({record::ControlType::KRaftVoters, voters});
    quorum_.voters = self;
    is_quorum_in_log_ = true;
  }
  const int64_t now = runtime::Shard::current().wall_now();
  auto pending = std::make_shared<Pending>();
  pending->batch = record::control_batch(records, next_, epoch, now);
  pending->base = next_;
  pending->last = next_ + (std::ssize(records) - 1);
  pending->timestamp = now;
  pending->is_control = true;
  co_return co_await enqueue(std::move(pending));
}

runtime::Async<> EmbeddedVoterLog::append(std::vector<LogRecord> records, LeaderEpoch epoch, Offset expected_end) {
  if (leading_ != epoch || expected_end != next_) {
    co_return fail(Errc::NotController, "the metadata log has another epoch or end");
  }
  ensure(!records.empty(), "an append without records");
  const int64_t now = runtime::Shard::current().wall_now();
  record::BatchBuilder batch({.base_offset = next_, .leader_epoch = epoch});
  for (const LogRecord& record : records) {
    batch.append({.timestamp = now, .key = view(record.key), .value = view(record.value), .headers = {}});
  }
  auto pending = std::make_shared<Pending>();
  pending->batch = batch.finish();
  if (pending->batch.size() > options_.batch_bytes_max) {
    co_return fail(Errc::RecordListTooLarge, "a decision is larger than the metadata log takes at once");
  }
  pending->base = next_;
  pending->last = next_ + (std::ssize(records) - 1);
  pending->timestamp = now;
  pending->is_control = false;
  pending->records = std::move(records);
  co_return co_await enqueue(std::move(pending));
}

runtime::Async<> EmbeddedVoterLog::enqueue(std::shared_ptr<Pending> pending) {
  next_ = pending->last + 1;
  queue_.push_back(pending);
  if (!is_writing_) {
    is_writing_ = true;
    tasks_.spawn(write_queue());
  }
  runtime::Waiter waiter;
  waiter.subscribe(moved_);
  while (!pending->outcome) {
    co_await waiter.wait();
  }
  co_return *pending->outcome;
}

runtime::Task<void> EmbeddedVoterLog::write_queue() {
  while (!queue_.empty()) {
    const std::vector<std::shared_ptr<Pending>> group(queue_.begin(), queue_.end());
    queue_.clear();
    const Result<> written = co_await write(group);
    if (!written) {
      fail_all(group, written.error());
    } else {
      for (const std::shared_ptr<Pending>& pending : group) {
        commit(*pending);
        pending->outcome = Result<>{};
      }
    }
    moved_.notify_all();
  }
  is_writing_ = false;
}

runtime::Async<> EmbeddedVoterLog::write(const std::vector<std::shared_ptr<Pending>>& group) {
  Bytes bytes;
  for (const std::shared_ptr<Pending>& pending : group) {
    bytes.insert(bytes.end(), pending->batch.begin(), pending->batch.end());
  }
  const storage::AppendResult appended =
      co_await log_->append(Blob(std::move(bytes)),
                            {.leader_epoch = *leading_, .origin = storage::AppendOrigin::Raft, .produce_version = 13});
  if (!appended) {
    is_broken_ = is_broken_ || log_->is_failed();
    co_return std::unexpected(appended.error().error);
  }
  ensure(appended->first == group.front()->base && appended->last == group.back()->last, "offsets of the metadata log");
  const Result<> flushed = co_await log_->flush();
  if (!flushed) {
    is_broken_ = true;
    co_return fail(Errc::Unknown, fmt::format("the metadata log could not be synced: {}", flushed.error().message));
  }
  co_return Result<>{};
}

void EmbeddedVoterLog::commit(const Pending& pending) {
  committed_ = pending.last + 1;
  committed_timestamp_ = pending.timestamp;
  count(committed_, pending.batch.size());
  CommittedBatch batch{.base = pending.base,
                       .last = pending.last,
                       .epoch = *leading_,
                       .timestamp = pending.timestamp,
                       .is_control = pending.is_control,
                       .records = {}};
  for (const LogRecord& record : pending.records) {
    batch.records.push_back({.key = view(record.key), .value = view(record.value)});
  }
  const std::vector<CommitListener*> all = listeners_;
  for (CommitListener* listener : all) {
    const Result<> heard = listener->on_commit(batch);
    ensure(heard.has_value(), "a listener cannot follow what this node itself decided");
  }
}

void EmbeddedVoterLog::count(Offset end, uint64_t size) {
  if (end > counted_) {
    bytes_since_snapshot_ += size;
    counted_ = end;
  }
}

void EmbeddedVoterLog::fail_all(const std::vector<std::shared_ptr<Pending>>& group, const Error& error) {
  logger_.error("metadata_append_failed").with("error", error.message);
  for (const std::shared_ptr<Pending>& pending : group) {
    pending->outcome = std::unexpected(error);
  }
  for (const std::shared_ptr<Pending>& pending : queue_) {
    pending->outcome = fail(Errc::NotController, "an append before this one failed");
  }
  queue_.clear();
  next_ = log_->end_offset();
  ++failures_;
  if (is_broken_) {
    leading_.reset();
    if (options_.failed) {
      options_.failed(error);
    }
  }
}

runtime::Async<> EmbeddedVoterLog::committed(Offset offset) {
  const uint64_t failures = failures_;
  runtime::Waiter waiter;
  waiter.subscribe(moved_);
  while (committed_ < offset) {
    if (failures != failures_ || is_broken_) {
      co_return fail(Errc::Unknown, "what was read may not have been committed");
    }
    co_await waiter.wait();
  }
  co_return Result<>{};
}

void EmbeddedVoterLog::unsubscribe(CommitListener& listener) { std::erase(listeners_, &listener); }

runtime::Async<> EmbeddedVoterLog::subscribe(CommitListener& listener) {
  CO_TRY(Offset next, co_await tell_snapshot(listener));
  // What is committed while we read is read too; nothing awaits between the last look and the place in the list.
  while (next < committed_) {
    CO_TRY(next, co_await tell_batches(listener, next));
  }
  listeners_.push_back(&listener);
  co_return Result<>{};
}

runtime::Async<Offset> EmbeddedVoterLog::tell_batches(CommitListener& listener, Offset from) {
  CO_TRY(const Bytes bytes, co_await read_batches(from));
  record::BatchScanner scanner(bytes);
  Offset next = from;
  for (;;) {
    CO_TRY(const std::optional<record::BatchEntry> entry, scanner.next());
    if (!entry) {
      break;
    }
    if (entry->header.last_offset < from) {
      continue;
    }
    CO_TRY(record::check_batch(entry->bytes));
    std::vector<Bytes> stored;
    CommittedBatch batch{.base = entry->header.base_offset,
                         .last = entry->header.last_offset,
                         .epoch = entry->header.leader_epoch,
                         .timestamp = entry->header.max_timestamp,
                         .is_control = entry->header.is_control(),
                         .records = {}};
    if (!batch.is_control) {
      record::RecordReader reader(entry->bytes);
      for (;;) {
        CO_TRY(const std::optional<record::RecordView> record, reader.next_record());
        if (!record) {
          break;
        }
        // Uncompressed records are views of the batch; a compressed one's go with the next step.
        const bool must_copy = entry->header.is_compressed();
        const auto keep = [&](const std::optional<ByteView>& bytes_of) -> std::optional<ByteView> {
          if (!bytes_of || !must_copy) {
            return bytes_of;
          }
          return ByteView(stored.emplace_back(bytes_of->begin(), bytes_of->end()));
        };
        batch.records.push_back({.key = keep(record->key), .value = keep(record->value)});
      }
    }
    CO_TRY(listener.on_commit(batch));
    count(entry->header.next_offset(), entry->bytes.size());
    next = entry->header.next_offset();
  }
  if (next == from) {
    co_return fail(Errc::CorruptMessage, fmt::format("the metadata log has no batch at offset {}", from.raw()));
  }
  co_return next;
}

runtime::Async<Bytes> EmbeddedVoterLog::read_batches(Offset from) {
  constexpr uint64_t read_bytes = 1 << 20;
  CO_TRY(const storage::ReadResult read, co_await log_->read(from, read_bytes, committed_, true));
  CO_TRY(Bytes bytes, co_await runtime::read_blob(read.records));
  co_return bytes;
}

runtime::Async<> EmbeddedVoterLog::close() {
  co_await tasks_.join();
  leading_.reset();
  co_return co_await log_->close();
}

}  // namespace odradek::controller
