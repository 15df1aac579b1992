// PartitionLog: how clients' batches get in.
//
// Small ones cost more to write one by one than to check. So the first that comes waits for the end of the turn, and
// writes what came meanwhile in one call: a row. Each is judged as if those before it in the row were in the log.
#include <algorithm>
#include <coroutine>
#include <utility>

#include "runtime/shard.h"
#include "storage/partition_log.h"

namespace odradek::storage {

namespace {

int64_t wall_now() { return runtime::Shard::current().wall_now(); }

}  // namespace

// Lies in the frame of its call.
struct PartitionLog::Arrival {
  Blob records;
  AppendOptions options;
  record::ValidatedBatch batch{};  // once it is valid
  Arrival* next = nullptr;         // in the order of the calls
  std::optional<AppendResult> result{};
  std::coroutine_handle<> waiting{};
  runtime::Resumption resumption{};

  void settle(AppendResult outcome) {
    result = std::move(outcome);
    if (waiting) {
      runtime::Shard::current().resume_soon(resumption, std::exchange(waiting, nullptr));
    }
  }

  // Until another call has settled it.
  [[nodiscard]] auto settled() {
    struct Awaiter {
      Arrival& arrival;
      [[nodiscard]] bool await_ready() const { return arrival.result.has_value(); }
      void await_suspend(std::coroutine_handle<> handle) { arrival.waiting = handle; }
      void await_resume() const {}
    };
    return Awaiter{*this};
  }
};

void PartitionLog::ArrivalQueue::push(Arrival& arrival) {
  (first_ == nullptr ? first_ : last_->next) = &arrival;
  last_ = &arrival;
}

PartitionLog::Arrival& PartitionLog::ArrivalQueue::pop() {
  Arrival& arrival = *first_;
  first_ = std::exchange(arrival.next, nullptr);
  return arrival;
}

struct PartitionLog::ArrivalRow {
  ArrivalQueue arrivals;
  std::vector<NewBatch> batches;  // of each
  std::vector<ByteView> pieces;   // of each: its header and its records
  uint64_t size = 0;              // bytes

  void add(Arrival& arrival, const ProducerEffect& effect) {
    arrivals.push(arrival);
    batches.push_back({arrival.batch.fields, effect});
    pieces.emplace_back(arrival.batch.header);
    pieces.push_back(arrival.batch.records.view());
    size += arrival.batch.size();
  }

  // Their epoch is that of the call, or the leader's if it has begun a later one since.
  void place(Offset base, LeaderEpoch latest) {
    Arrival* arrival = arrivals.first();
    for (NewBatch& batch : batches) {
      arrival->batch.place_at(base, std::max(arrival->options.leader_epoch, latest));
      batch.header = arrival->batch.fields;
      base = batch.header.next_offset();
      arrival = arrival->next;
    }
  }

  [[nodiscard]] const ProducerWrite* last_of(ProducerId producer) const {
    for (auto batch = batches.rbegin(); batch != batches.rend(); ++batch) {
      const auto* write = std::get_if<ProducerWrite>(&batch->effect);
      if (write != nullptr && write->id == producer) {
        return write;
      }
    }
    return nullptr;
  }
};

runtime::Task<AppendResult> PartitionLog::append_validated(Blob records, AppendOptions options) {
  Arrival arrival{.records = std::move(records), .options = options};
  const bool is_first = arrivals_.empty();
  arrivals_.push(arrival);
  if (options.ordered != nullptr) {
    (*options.ordered)();
  }
  if (is_first) {
    const auto turn = co_await change_turn_.acquire();  // held across validation: order of the calls, order in the log
    co_await runtime::end_of_turn();
    co_await append_arrivals(std::exchange(arrivals_, {}));
  } else {
    co_await arrival.settled();
  }
  co_return *std::move(arrival.result);
}

// An arrival that is settled may be gone after the next suspension.
runtime::Task<void> PartitionLog::append_arrivals(ArrivalQueue arrivals) {
  // Of so few bytes that they give each index one entry at most: whether a segment is full is asked once for a row.
  const uint64_t row_size_max = std::min(options_.index_interval_bytes, options_.segment_bytes_max);
  record::ProduceRules rules = options_.produce;
  rules.keys_required = options_.compacts;
  ArrivalRow row;
  while (!arrivals.empty()) {
    Arrival& arrival = arrivals.pop();
    if (const Result<> usable = check_usable(); !usable) {
      arrival.settle(std::unexpected(AppendFailure(usable.error())));
      continue;
    }
    record::BatchValidator validator(std::move(arrival.records), rules,
                                     {.now_ms = wall_now(),
                                      .produce_version = arrival.options.produce_version,
                                      .leader_epoch = arrival.options.leader_epoch});
    while (!validator.step()) {
      co_await append_row(&row);  // those before it need not wait for all of this one
      co_await runtime::yield();
    }
    if (validator.error()) {
      arrival.settle(std::unexpected(AppendFailure(*validator.error(), validator.record_errors())));
      continue;
    }
    arrival.batch = validator.take();
    const Result<ProducerEffect> effect = producer_effect(arrival.batch.fields, {});
    if (!effect) {
      arrival.settle(std::unexpected(AppendFailure(effect.error())));
      continue;
    }
    const auto* write_of = std::get_if<ProducerWrite>(&*effect);
    const ProducerWrite* before = write_of == nullptr ? nullptr : row.last_of(write_of->id);
    const bool continues_row = before != nullptr && continues(*before, *write_of);
    if (row.size + arrival.batch.size() > row_size_max || (before != nullptr && !continues_row)) {
      co_await append_row(&row);
    }
    if (write_of != nullptr && (row.arrivals.empty() || !continues_row)) {
      if (std::optional<AppendResult> known = known_outcome(*write_of)) {
        arrival.settle(*std::move(known));
        continue;
      }
    }
    row.add(arrival, *effect);
  }
  co_await append_row(&row);
}

// What to answer where the producer's batch is not to be written; nothing where it is. Of a failed log nothing is
// known: what seems to be a gap may be what could not be written.
std::optional<AppendResult> PartitionLog::known_outcome(const ProducerWrite& write) const {
  if (const Result<> usable = check_usable(); !usable) {
    return std::unexpected(AppendFailure(usable.error()));
  }
  const Result<std::optional<ProducerBatch>> before = producers_.check(write);
  if (!before) {
    return std::unexpected(AppendFailure(before.error()));
  }
  if (!*before) {
    return std::nullopt;
  }
  return AppendInfo{.first = (*before)->first_offset(),
                    .last = (*before)->last_offset,
                    .log_append_time = (*before)->timestamp,
                    .log_start = start_offset_,
                    .duplicate = true};
}

// Leaves the row empty, and tells those in it.
runtime::Task<void> PartitionLog::append_row(ArrivalRow* row) {
  if (row->arrivals.empty()) {
    co_return;
  }
  Result<> written = check_usable();
  if (written) {
    row->place(end_offset_, latest_epoch());
    written = co_await write(std::move(row->pieces), std::move(row->batches));
  }
  while (!row->arrivals.empty()) {
    Arrival& arrival = row->arrivals.pop();
    if (!written) {
      arrival.settle(std::unexpected(AppendFailure(written.error())));
      continue;
    }
    const record::BatchHeader& fields = arrival.batch.fields;
    const bool stamps = fields.timestamp_type() == record::TimestampType::LogAppendTime;
    arrival.settle(AppendInfo{.first = fields.base_offset,
                              .last = fields.last_offset,
                              .log_append_time = stamps ? fields.max_timestamp : no_timestamp,
                              .log_start = start_offset_});
  }
  row->batches.clear();
  row->pieces.clear();
  row->size = 0;
}

}  // namespace odradek::storage
