#include "replication/partition.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "runtime/shard.h"

namespace odradek::replication {

Partition::Partition(PartitionId id, TopicPartition name, NodeId self, DiskKeeper* keeper)
    : id_(id), name_(std::move(name)), self_(self), keeper_(keeper) {}

void Partition::online(std::unique_ptr<storage::PartitionLog> log) {
  log_ = std::move(log);
  offline_.reset();
  if (is_leader()) {
    log_->begin_epoch(leader_epoch_);
  }
  advance();
  take_to_disk();  // what the last run left to be synced
  changed_.notify_all();
}

void Partition::offline(Error why) {
  promise_.break_off(why);
  high_watermark_.break_off(why);
  offline_ = std::move(why);
  changed_.notify_all();
}

void Partition::refuse_until_online(Error why) {
  offline_ = std::move(why);
  changed_.notify_all();
}

void Partition::apply(const metadata::PartitionImage& image) {
  const bool new_reign = image.leader == self_ && image.leader_epoch > leader_epoch_;
  leader_ = image.leader;
  leader_epoch_ = image.leader_epoch;
  replica_count_ = image.replicas.size();
  in_sync_count_ = image.isr.size();
  if (new_reign && log_ != nullptr) {
    // The epoch goes into the cache before the first append: followers fence on it.
    log_->begin_epoch(leader_epoch_);
  }
  if (log_ != nullptr) {
    advance();
  }
  changed_.notify_all();
}

void Partition::update_options(storage::LogOptions options) {
  if (log_ != nullptr) {
    log_->update_options(std::move(options));
    advance();
    take_to_disk();
  }
}

runtime::Task<storage::AppendResult> Partition::append(Blob records, ProduceSpec spec) {
  const Result<runtime::Gate::Pass> pass = co_await enter();
  if (!pass) {
    co_return std::unexpected(storage::AppendFailure(pass.error()));
  }
  if (!is_leader()) {
    co_return std::unexpected(storage::AppendFailure(Error{Errc::NotLeader, ""}));
  }
  // More than there are replicas would be asking for the impossible: Kafka takes all of them for enough, too.
  const size_t in_sync_min = std::min(static_cast<size_t>(std::max(spec.min_insync_replicas, 0)), replica_count_);
  if (spec.acks == -1 && in_sync_count_ < in_sync_min) {
    co_return std::unexpected(storage::AppendFailure(
        Error{Errc::NotEnoughReplicas,
              fmt::format("{} of at least {} replicas of {} are in sync", in_sync_count_, in_sync_min, name_)}));
  }
  storage::AppendResult appended = co_await log_->append(std::move(records), {.leader_epoch = leader_epoch_,
                                                                              .origin = spec.origin,
                                                                              .produce_version = spec.produce_version,
                                                                              .ordered = spec.ordered});
  if (!appended) {
    // A batch that was refused for itself may have come together with one that the disk did not take.
    if (appended.error().error.code == Errc::Io && log_->is_failed()) {
      offline(appended.error().error);
    }
    co_return appended;
  }
  advance();
  take_to_disk();
  co_return appended;
}

runtime::Async<> Partition::acknowledged(Offset end, int16_t acks, runtime::Deadline deadline) {
  CO_TRY(co_await promise_.reached(end, runtime::never, gate_));
  if (acks == -1) {
    CO_TRY(co_await committed(end, deadline));
  }
  co_return Result<>{};
}

bool Partition::is_acknowledged(Offset end, int16_t acks) const {
  return acks == 0 || (promise_.value() >= end && (acks == 1 || high_watermark() >= end));
}

runtime::Async<> Partition::committed(Offset end, runtime::Deadline deadline) {
  return high_watermark_.reached(end, deadline, gate_);
}

runtime::Async<FetchedRecords> Partition::read(FetchSpec spec) {
  CO_TRY(const auto pass, co_await enter());
  CO_TRY(check_leader(spec.current_leader_epoch));
  FetchedRecords fetched{.records = {},
                         .high_watermark = high_watermark(),
                         .last_stable = last_stable_offset(),
                         .log_start = log_->start_offset(),
                         .aborted = {},
                         .diverging = divergence(spec)};
  if (fetched.diverging) {
    if (fetched.diverging->epoch == no_leader_epoch) {
      co_return fail(Errc::OffsetOutOfRange, "the reader has records of an epoch that this log has not heard of");
    }
    co_return fetched;
  }
  const Offset bound = end_of(spec.limit);
  CO_TRY(storage::ReadResult read, co_await log_->read(spec.from, spec.bytes_max, bound, spec.at_least_one));
  if (!read.first_batch_incomplete || spec.cut_first) {
    fetched.records = std::move(read.records);
    fetched.ends_with_segment = !fetched.records.empty() && read.end < std::min(bound, log_->end_offset());
  }
  if (spec.limit == ReadLimit::LastStable && !fetched.records.empty()) {
    CO_TRY(fetched.aborted, co_await log_->aborted_transactions(spec.from, read.end));
  }
  co_return fetched;
}

runtime::Async<std::optional<storage::TimestampOffset>> Partition::find_offset(int64_t timestamp, ReadLimit limit,
                                                                               LeaderEpoch current_leader_epoch) {
  using Found = std::optional<storage::TimestampOffset>;
  CO_TRY(const auto pass, co_await enter());
  CO_TRY(check_leader(current_leader_epoch));
  const Offset bound = end_of(limit);
  switch (timestamp) {
    case offset_spec::latest: co_return Found({.timestamp = no_timestamp, .offset = bound, .epoch = leader_epoch_});
    case offset_spec::earliest:
    case offset_spec::earliest_local: {
      const Offset start = log_->start_offset();
      co_return Found({.timestamp = no_timestamp, .offset = start, .epoch = log_->epoch_at(start)});
    }
    case offset_spec::latest_tiered:
    case offset_spec::earliest_pending_upload:
      // Nothing is tiered: Kafka answers an offset of -1 there.
      co_return Found({.timestamp = no_timestamp, .offset = Offset{-1}, .epoch = no_leader_epoch});
    default: break;
  }
  Found found;
  if (timestamp == offset_spec::max_timestamp) {
    CO_TRY(found, co_await log_->offset_of_max_timestamp());
  } else {
    CO_TRY(found, co_await log_->offset_for_timestamp(timestamp));
  }
  if (found && found->offset >= bound) {
    found.reset();  // there is one, and this reader may not see it yet
  }
  co_return found;
}

runtime::Async<Offset> Partition::delete_records(Offset before) {
  CO_TRY(const auto pass, co_await enter());
  CO_TRY(check_leader(no_leader_epoch));
  if (log_->options().compacts && !log_->options().deletes) {
    co_return fail(Errc::PolicyViolation,
                   fmt::format("records of {} cannot be deleted: its cleanup.policy only compacts", name_));
  }
  const Offset target = before == Offset{-1} ? high_watermark() : before;
  if (target.raw() < 0 || target > high_watermark()) {
    co_return fail(Errc::OffsetOutOfRange, fmt::format("records of {} can be deleted below offset {}, not {}", name_,
                                                       high_watermark(), target));
  }
  CO_TRY(co_await log_->delete_records_before(target));
  changed_.notify_all();
  co_return log_->start_offset();
}

runtime::Async<storage::EpochEnd> Partition::end_of_epoch(LeaderEpoch epoch, LeaderEpoch current_leader_epoch) {
  CO_TRY(const auto pass, co_await enter());
  CO_TRY(check_leader(current_leader_epoch));
  co_return log_->end_offset_for_epoch(epoch);
}

runtime::Async<std::vector<storage::ProducerState>> Partition::producers() {
  CO_TRY(const auto pass, co_await enter());
  CO_TRY(check_leader(no_leader_epoch));
  std::vector<storage::ProducerState> states;
  states.reserve(log_->producers().size());
  for (const auto& [id, state] : log_->producers().producers()) {
    states.push_back(state);
  }
  co_return states;
}

Offset Partition::last_stable_offset() const {
  const std::optional<Offset> unstable = log_ == nullptr ? std::nullopt : log_->first_unstable_offset();
  return unstable ? std::min(*unstable, high_watermark_.value()) : high_watermark_.value();
}

runtime::Async<> Partition::enforce_retention(int64_t now_ms) {
  CO_TRY(const auto pass, co_await enter());
  log_->expire_producers(now_ms);
  const Result<size_t> retired = co_await log_->apply_retention(high_watermark(), now_ms);
  if (!retired && log_->is_failed() && !offline_) {
    disk_failed(retired.error());
  }
  CO_TRY(retired);
  CO_TRY(co_await log_->remove_deleted_files(runtime::Shard::current().now()));
  if (*retired > 0) {
    changed_.notify_all();
  }
  co_return Result<>{};
}

runtime::Task<std::unique_ptr<storage::PartitionLog>> Partition::close(Errc answer) {
  closed_answer_ = answer;
  changed_.notify_all();
  co_await gate_.close();
  co_await tasks_.join();
  co_return std::move(log_);
}

runtime::Async<runtime::Gate::Pass> Partition::enter() {
  Result<runtime::Gate::Pass> pass = gate_.enter();
  if (!pass) {
    co_return fail(closed_answer_);
  }
  if (log_ == nullptr && !offline_) {
    if (keeper_ != nullptr) {
      keeper_->wanted(*this);
    }
    runtime::Waiter waiter;
    waiter.subscribe(changed_);
    while (log_ == nullptr && !offline_ && !gate_.is_closed()) {
      co_await waiter.wait();
    }
  }
  if (gate_.is_closed()) {
    co_return fail(closed_answer_);
  }
  if (offline_) {
    co_return std::unexpected(*offline_);
  }
  co_return std::move(*pass);
}

Result<> Partition::check_leader(LeaderEpoch current_leader_epoch) const {
  if (current_leader_epoch != no_leader_epoch) {
    if (current_leader_epoch < leader_epoch_) {
      return fail(Errc::FencedLeaderEpoch);
    }
    if (current_leader_epoch > leader_epoch_) {
      return fail(Errc::UnknownLeaderEpoch);
    }
  }
  if (!is_leader()) {
    return fail(Errc::NotLeader);
  }
  return {};
}

Offset Partition::end_of(ReadLimit limit) const {
  switch (limit) {
    case ReadLimit::LogEnd: return log_->end_offset();
    case ReadLimit::HighWatermark: return high_watermark();
    case ReadLimit::LastStable: return last_stable_offset();
  }
  unreachable();
}

Offset Partition::promised() const {
  // flush.messages=1 makes an acknowledgement mean "on the disk"; otherwise the page cache's word counts.
  return log_->options().flush_records == 1 ? log_->flushed_offset() : log_->end_offset();
}

void Partition::advance() {
  promise_.raise(promised());
  if (is_leader() && high_watermark_.raise(promised())) {
    log_->high_watermark_moved(high_watermark());
    changed_.notify_all();
  }
}

std::optional<storage::EpochEnd> Partition::divergence(const FetchSpec& spec) const {
  if (spec.last_fetched_epoch == no_leader_epoch) {
    return std::nullopt;
  }
  const storage::EpochEnd end = log_->end_offset_for_epoch(spec.last_fetched_epoch);
  if (end.epoch < spec.last_fetched_epoch || end.end < spec.from) {
    return end;
  }
  return std::nullopt;
}

}  // namespace odradek::replication
