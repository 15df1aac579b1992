#include "replication/partition_table.h"

#include <algorithm>
#include <utility>

#include "runtime/shard.h"

namespace odradek::replication {
namespace {

// Logs that are closed at the same time.
constexpr size_t closed_at_once = 16;

}  // namespace

PartitionTable::PartitionTable(NodeId self, std::vector<LogDirectoryRef> directories, Owns owns, RulesOf rules_of)
    : self_(self),
      directories_(std::move(directories)),
      partitions_in_(directories_.size()),
      failures_(directories_.size()),
      owns_(std::move(owns)),
      rules_of_(std::move(rules_of)),
      flusher_([this](Partition& partition) { return directory_of(partition.log()->directory()); },
               [this](size_t directory, const Error& why) { directory_failed(directory, why); }) {
  look_at_clocks();
}

PartitionTable::~PartitionTable() = default;

void PartitionTable::expect(storage::FoundPartition found) {
  TopicPartition name = found.place.partition;
  found_.emplace(std::move(name), std::move(found));
}

void PartitionTable::apply(const metadata::ImageUpdate& update) {
  const metadata::MetadataImage& image = *update.image;
  for (const auto& deleted : update.changes->deleted_topics) {
    const metadata::TopicImage* topic = update.before->topic(deleted.id);
    for (int32_t i = 0; topic != nullptr && i < topic->partition_count(); ++i) {
      drop({.topic = deleted.id, .index = PartitionIndex{i}});
    }
  }
  for (const auto& changed : update.changes->topics) {
    const metadata::TopicImage* topic = image.topic(changed.id);
    for (const PartitionIndex index : changed.partitions) {
      if (topic != nullptr) {
        host(image, *topic, index);
      }
    }
  }
  for (const metadata::ConfigResource& resource : update.changes->configs) {
    const metadata::TopicImage* topic =
        resource.type == metadata::ConfigResourceType::Topic ? image.topic(resource.name) : nullptr;
    const auto known = topic == nullptr ? topics_.end() : topics_.find(topic->id);
    if (known == topics_.end()) {
      continue;
    }
    known->second.rules = rules_of_(image, topic->name);
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      if (const auto partition = find({.topic = topic->id, .index = PartitionIndex{i}})) {
        partition->update_options(known->second.rules.log);
      }
    }
  }
}

void PartitionTable::refresh_rules(const metadata::MetadataImage& image) {
  for (auto& [id, topic] : topics_) {
    topic.rules = rules_of_(image, topic.name);
  }
  for (const auto& [id, partition] : partitions_) {
    partition->update_options(topics_.at(id.topic).rules.log);
  }
}

void PartitionTable::host(const metadata::MetadataImage& image, const metadata::TopicImage& topic,
                          PartitionIndex index) {
  const PartitionId id{.topic = topic.id, .index = index};
  const metadata::PartitionImage* state = topic.partition(index);
  if (state == nullptr || !owns_(id) || closing_) {
    return;
  }
  if (std::ranges::find(state->replicas, self_) == state->replicas.end()) {
    drop(id);
    return;
  }
  std::shared_ptr<Partition>& partition = partitions_[id];
  if (partition == nullptr) {
    partition = std::make_shared<Partition>(id, TopicPartition{.topic = topic.name, .index = index}, self_,
                                            static_cast<DiskKeeper*>(this));
    Topic& known = topics_[topic.id];
    if (known.partitions++ == 0) {
      known.name = topic.name;
      known.rules = rules_of_(image, topic.name);
    }
    enqueue({.kind = Change::Kind::Open, .partition = partition});
  }
  partition->apply(*state);
}

void PartitionTable::drop(const PartitionId& id) {
  const auto found = partitions_.find(id);
  if (found == partitions_.end()) {
    return;
  }
  enqueue({.kind = Change::Kind::Retire, .partition = std::move(found->second)});
  partitions_.erase(found);
  const auto topic = topics_.find(id.topic);
  if (--topic->second.partitions == 0) {
    topics_.erase(topic);
  }
}

std::shared_ptr<Partition> PartitionTable::find(const PartitionId& id) const {
  const auto found = partitions_.find(id);
  return found == partitions_.end() ? nullptr : found->second;
}

const TopicRules* PartitionTable::rules(TopicId topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : &found->second.rules;
}

void PartitionTable::note_offsets(const Partition& partition, const storage::PartitionLog& log, Offset recovery_point,
                                  std::vector<DirectoryOffsets>& offsets) const {
  DirectoryOffsets& of = offsets[directory_of(log.directory())];
  of.recovery_points.emplace(partition.name(), recovery_point);
  of.high_watermarks.emplace(partition.name(), partition.high_watermark());
  if (log.first_dirty_offset() > Offset{0}) {
    of.cleaner_offsets.emplace(partition.name(), log.first_dirty_offset());
  }
  if (log.start_offset() > Offset{0}) {
    of.start_offsets.emplace(partition.name(), log.start_offset());
  }
}

std::vector<DirectoryOffsets> PartitionTable::offsets() const {
  if (last_offsets_) {
    return *last_offsets_;
  }
  std::vector<DirectoryOffsets> offsets(directories_.size());
  for (const auto& [id, partition] : partitions_) {
    if (const storage::PartitionLog* log = partition->log()) {
      note_offsets(*partition, *log, log->recovery_point(), offsets);
    }
  }
  // Of a log not opened so far, what the checkpoints said stays true: without it, deleted records would come back.
  for (const auto& [name, found] : found_) {
    DirectoryOffsets& of = offsets[directory_of(found.place.directory)];
    of.recovery_points.emplace(name, found.place.recovery_point);
    of.high_watermarks.emplace(name, found.high_watermark);
    if (found.place.first_dirty > Offset{0}) {
      of.cleaner_offsets.emplace(name, found.place.first_dirty);
    }
    if (found.place.start_offset > Offset{0}) {
      of.start_offsets.emplace(name, found.place.start_offset);
    }
  }
  return offsets;
}

std::vector<LogDescription> PartitionTable::describe_logs() const {
  std::vector<LogDescription> logs;
  for (const auto& [id, partition] : partitions_) {
    const storage::PartitionLog* log = partition->log();
    if (log != nullptr && !has_failed(directory_of(log->directory()))) {
      logs.push_back({.partition = partition->name(),
                      .directory = directory_of(log->directory()),
                      .size_bytes = log->size_bytes()});
    }
  }
  return logs;
}

void PartitionTable::start_flushing(LogFlusher::SyncAll sync_all, FlushIntervals intervals) {
  flusher_.sync_all_by(std::move(sync_all));
  flusher_.set_intervals(intervals);
  tasks_.spawn(flusher_.run());
}

void PartitionTable::disk_failed(Partition& partition, const Error& why) {
  directory_failed(directory_of(partition.log()->directory()), why);
}

void PartitionTable::directory_failed(size_t directory, const Error& why) {
  if (has_failed(directory)) {
    return;
  }
  fail_directory(directory, why);
  if (report_failure_) {
    report_failure_(directory, why);
  }
}

void PartitionTable::fail_directory(size_t directory, const Error& why) {
  if (std::exchange(failures_[directory], Error{Errc::Io, why.message})) {
    return;
  }
  for (const auto& [id, partition] : partitions_) {
    if (partition->log() != nullptr && directory_of(partition->log()->directory()) == directory) {
      partition->offline(*failures_[directory]);
    }
  }
}

runtime::Task<void> PartitionTable::upkeep() {
  for (const std::shared_ptr<Partition>& partition : open_partitions()) {
    if (closing_ || partition->log() == nullptr || has_failed(directory_of(partition->log()->directory()))) {
      continue;
    }
    Result<> kept;
    look_at_clocks();  // each time: the one before may have taken a while
    if (may_delete_by_age(*partition)) {
      kept = co_await partition->enforce_retention(runtime::Shard::current().wall_now());
    } else {
      kept = co_await partition->remove_deleted_files();
    }
    if (!kept && kept.error().code == Errc::Io) {
      log_.error("retention_failed").with("partition", partition->name()).with("reason", kept.error().message);
    }
    co_await runtime::yield();
  }
}

runtime::Task<PartitionTable::Closed> PartitionTable::close(std::function<void(size_t)> left) {
  closing_ = true;
  closing_signal_.notify_all();
  flusher_.stop();
  co_await settled();
  last_offsets_ = offsets();
  Closed closed{.is_clean = true, .offsets = std::vector<DirectoryOffsets>(directories_.size())};
  auto partitions = std::exchange(partitions_, {});
  for (auto next = partitions.begin(); next != partitions.end();) {
    runtime::TaskGroup some;
    for (size_t i = 0; i < closed_at_once && next != partitions.end(); ++i) {
      some.spawn(close_one(next->second, closed));
      next = partitions.erase(next);
    }
    co_await some.join();
    left(partitions.size());
  }
  co_await tasks_.join();
  co_return closed;
}

runtime::Task<void> PartitionTable::close_one(std::shared_ptr<Partition> partition, Closed& closed) {
  const std::unique_ptr<storage::PartitionLog> log = co_await partition->close(Errc::NotLeader);
  if (log != nullptr && has_failed(directory_of(log->directory()))) {
    co_return;  // said once for all of them
  }
  Result<> outcome = fail(Errc::Io, "it was offline");
  if (log != nullptr) {
    outcome = co_await log->close(storage::Syncing::ByOwner);
  }
  if (outcome) {
    note_offsets(*partition, *log, log->end_offset(), closed.offsets);
  } else {
    closed.is_clean = false;
    log_.error("close_failed").with("partition", partition->name()).with("reason", outcome.error().message);
  }
}

void PartitionTable::set_full(size_t directory, bool is_full) {
  full_.resize(directories_.size());
  full_[directory] = is_full;
  any_full_ = std::ranges::find(full_, true) != full_.end();
}

bool PartitionTable::is_full(Partition& partition) const {
  return any_full_ && partition.log() != nullptr && full_[directory_of(partition.log()->directory())];
}

}  // namespace odradek::replication
