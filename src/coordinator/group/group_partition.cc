#include "coordinator/group/group_partition.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace odradek::coordinator {

using protocol::ErrorCode;

namespace {

constexpr std::chrono::milliseconds load_again_after{100};
// Reading a whole partition again and again would keep the shard from what it can serve.
constexpr std::chrono::milliseconds load_again_after_max{30'000};

// At most this much, in bytes, around the records of a batch, and around the key and value of one.
constexpr size_t batch_overhead = 64;
constexpr size_t record_overhead = 32;

size_t size_of(const machine::LogRecord& record) {
  return record_overhead + (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
}

Moment moment() {
  const runtime::Shard& shard = runtime::Shard::current();
  return {.now = shard.now(), .wall_ms = shard.wall_now()};
}

}  // namespace

GroupPartition::GroupPartition(std::shared_ptr<replication::Partition> partition,
                               replication::PartitionCommitLogOptions log, const GroupEnvironment& environment)
    : partition_(partition),
      environment_(environment),
      epoch_(partition->leader_epoch()),
      log_(std::move(partition), log),
      machine_(log_, [] { return std::make_unique<GroupState>(); }) {}

GroupPartition::~GroupPartition() = default;

void GroupPartition::start() {
  tasks_.spawn(watch_deadlines());
  if (!is_loading_) {
    is_loading_ = true;
    tasks_.spawn(load());
  }
}

runtime::Task<void> GroupPartition::stop() {
  is_stopped_ = true;
  stopping_.notify_all();
  drop_soft();
  co_await log_.close();
  co_await gate_.close();
  co_await tasks_.join();
}

runtime::Task<bool> GroupPartition::available() {
  runtime::Waiter waiter;
  waiter.subscribe(loaded_);
  waiter.subscribe(stopping_);
  while (availability() == ErrorCode::CoordinatorLoadInProgress) {
    co_await waiter.wait();
  }
  co_return availability() == ErrorCode::None;
}

ErrorCode GroupPartition::availability() const {
  if (is_stopped_) {
    return ErrorCode::NotCoordinator;
  }
  return is_loaded_ && machine_.state() != nullptr ? ErrorCode::None : ErrorCode::CoordinatorLoadInProgress;
}

Result<> GroupPartition::check_available() const {
  const ErrorCode available = availability();
  if (available == ErrorCode::None) {
    return {};
  }
  return fail(available == ErrorCode::CoordinatorLoadInProgress ? Errc::CoordinatorLoadInProgress
                                                                : Errc::NotCoordinator);
}

bool GroupPartition::fits(const std::vector<machine::LogRecord>& records) const {
  size_t bytes = batch_overhead;
  for (const machine::LogRecord& record : records) {
    bytes += size_of(record);
  }
  return bytes <= log_.batch_bytes_max();
}

Result<> GroupPartition::check_size(const std::vector<machine::LogRecord>& records) const {
  if (!records.empty() && !fits(records)) {
    return fail(Errc::RecordListTooLarge, fmt::format("{} records do not fit one batch", records.size()));
  }
  return {};
}

const Group* GroupPartition::find(std::string_view id) const {
  const auto found = classic_.find(id);
  return found != classic_.end() ? found->second.get() : static_cast<const Group*>(state().consumer_group(id));
}

ClassicGroup* GroupPartition::classic(std::string_view id) {
  const auto found = classic_.find(id);
  return found == classic_.end() ? nullptr : found->second.get();
}

ClassicGroup& GroupPartition::make_classic(std::string_view id) {
  auto group = std::make_unique<ClassicGroup>(std::string(id), moment().wall_ms);
  return *classic_.emplace(std::string(id), std::move(group)).first->second;
}

void GroupPartition::adopt_classic(std::unique_ptr<ClassicGroup> group) {
  std::string id = group->id();
  classic_.insert_or_assign(std::move(id), std::move(group));
}

std::shared_ptr<const ConsumerOptions> GroupPartition::consumer_options(std::string_view group) const {
  const metadata::ConfigMap& set = image().configs(metadata::ConfigResourceType::Group, group);
  return set.empty() || !options().consumer_of ? options().consumer : options().consumer_of(set);
}

void GroupPartition::drop_classic(std::string_view id) {
  const auto found = classic_.find(id);
  if (found != classic_.end()) {
    classic_.erase(found);
  }
}

void GroupPartition::arm(std::string_view group, runtime::MonotonicTime due) {
  if (deadlines_.arm(group, due)) {
    armed_.notify_all();
  }
}

std::shared_ptr<runtime::Turnstile> GroupPartition::matching_turns(std::string_view group) {
  std::erase_if(matching_turns_, [](const auto& entry) { return entry.second.expired(); });
  const auto known = matching_turns_.find(group);
  if (known != matching_turns_.end()) {
    return known->second.lock();
  }
  auto made = std::make_shared<runtime::Turnstile>();
  matching_turns_.emplace(group, made);
  return made;
}

runtime::Async<> GroupPartition::settled() {
  CO_TRY(co_await execute([](const GroupState&) -> machine::Decision<bool> { return {.records = {}, .reply = true}; }));
  co_return Result<>{};
}

runtime::Async<bool> GroupPartition::append_some(std::vector<machine::LogRecord> records) {
  size_t count = 0;
  for (size_t bytes = batch_overhead; count < records.size(); ++count) {
    bytes += size_of(records[count]);
    if (count > 0 && bytes > log_.batch_bytes_max()) {
      break;
    }
  }
  const bool is_all = count == records.size();
  records.resize(count);
  co_return co_await execute([&records, is_all](const GroupState&) -> machine::Decision<bool> {
    return {.records = std::move(records), .reply = is_all};
  });
}

Error GroupPartition::failed(Error error, uint64_t life) {
  if (life == life_ && !is_stopped_) {
    logger_.warn("group_append_failed").with("partition", partition_->name()).with("reason", error.message);
    drop_soft();
    if (!is_loading_) {
      is_loading_ = true;
      tasks_.spawn(load());
    }
  }
  // Kafka's codes for a log that cannot be written now: look for another coordinator, or ask this one again.
  const bool is_elsewhere = error.code == Errc::NotController || error.code == Errc::Cancelled ||
                            error.code == Errc::Unknown || error.code == Errc::Io;
  error.code = is_elsewhere ? Errc::NotCoordinator : Errc::CoordinatorNotAvailable;
  return error;
}

void GroupPartition::drop_soft() {
  ++life_;
  is_loaded_ = false;
  classic_.clear();
  sessions_ = ConsumerSessions();
  deadlines_ = DeadlineQueue();
}

runtime::Task<void> GroupPartition::load() {
  const auto began = runtime::Shard::current().now();
  std::chrono::milliseconds pause = load_again_after;
  while (!is_stopped_) {
    Result<> loaded = co_await machine_.start();
    if (loaded && !is_stopped_) {
      loaded = revive();
    }
    if (loaded) {
      break;
    }
    if (loaded.error().code != Errc::NotController) {  // otherwise its log is not open yet
      logger_.warn("groups_not_loaded").with("partition", partition_->name()).with("reason", loaded.error().message);
      pause = std::min(2 * pause, load_again_after_max);
    }
    runtime::Waiter waiter;
    waiter.subscribe(stopping_);
    waiter.subscribe(partition_->changed());
    if (!is_stopped_) {
      co_await waiter.wait(runtime::Shard::current().in(pause));
    }
  }
  is_loading_ = false;
  if (is_stopped_) {
    co_return;
  }
  is_loaded_ = true;
  loaded_.notify_all();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(runtime::Shard::current().now() - began);
  logger_.debug("groups_loaded")
      .with("partition", partition_->name())
      .with("offsets", state().offsets().size())
      .with("groups", classic_.size() + state().consumer_groups().size())
      .with("ms", took.count());
}

// Makes the classic groups that the state tells of; those that hold offsets alone were never written.
Result<> GroupPartition::revive() {
  const Moment now = moment();
  for (const auto& [id, stored] : state().classic_groups()) {
    TRY(std::unique_ptr<ClassicGroup> group, ClassicGroup::revive(id, stored, options(), now));
    // A group that has outgrown its limit meanwhile sheds members in its next rebalance.
    [[maybe_unused]] const ClassicGroup::MustWrite write = group->shrink(options(), now);
    classic_.insert_or_assign(id, std::move(group));
  }
  for (const auto& [id, offsets] : state().offsets().groups()) {
    if (find(id) == nullptr) {
      make_classic(id);
    }
  }
  for (const auto& [id, group] : classic_) {
    if (const auto due = group->next_deadline()) {
      arm(id, *due);
    }
  }
  for (const auto& [id, group] : state().consumer_groups()) {
    arm(id, now.now);
  }
  return {};
}

runtime::Task<void> GroupPartition::watch_deadlines() {
  runtime::Shard& shard = runtime::Shard::current();
  runtime::Waiter waiter;
  waiter.subscribe(stopping_);
  waiter.subscribe(armed_);
  while (!is_stopped_) {
    co_await waiter.wait(deadlines_.next().value_or(runtime::never));
    if (is_stopped_ || !is_loaded_) {
      continue;
    }
    for (const std::string& group : deadlines_.take_due(shard.now())) {
      on_time_(group);
    }
  }
}

}  // namespace odradek::coordinator
