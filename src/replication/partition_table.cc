#include "replication/partition_table.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "runtime/file.h"
#include "runtime/shard.h"

namespace odradek::replication {
namespace {

// Logs that are opened, retired or closed at the same time.
constexpr size_t changes_at_once = 16;

}  // namespace

// Something to be done to a partition's directory.
struct PartitionTable::Change {
  enum class Kind : uint8_t { Open, Retire };
  Kind kind;
  std::shared_ptr<Partition> partition;
};

PartitionTable::PartitionTable(NodeId self, std::vector<LogDirectoryRef> directories, Owns owns, RulesOf rules_of)
    : self_(self),
      directories_(std::move(directories)),
      partitions_in_(directories_.size()),
      owns_(std::move(owns)),
      rules_of_(std::move(rules_of)) {}

PartitionTable::~PartitionTable() = default;

void PartitionTable::expect(storage::FoundPartition found) {
  TopicPartition name = found.place.partition;
  found_.insert_or_assign(std::move(name), std::move(found));
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
    partition = std::make_shared<Partition>(id, TopicPartition{.topic = topic.name, .index = index}, self_);
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

void PartitionTable::enqueue(Change change) {
  changes_.push_back(std::move(change));
  if (!std::exchange(carrying_out_, true)) {
    tasks_.spawn(carry_out_all());
  }
}

runtime::Task<void> PartitionTable::carry_out_all() {
  while (!changes_.empty()) {
    // Several at once, since each mostly waits for the disk; but one name is never touched by two.
    runtime::TaskGroup some;
    std::unordered_set<TopicPartition> names;
    while (!changes_.empty() && names.size() < changes_at_once &&
           names.insert(changes_.front().partition->name()).second) {
      some.spawn(carry_out(std::move(changes_.front())));
      changes_.pop_front();
    }
    co_await some.join();
    // Thousands may be waiting: those that are ready are served meanwhile.
    co_await runtime::yield();
  }
  carrying_out_ = false;
  settled_.notify_all();
}

runtime::Task<void> PartitionTable::carry_out(Change change) {
  switch (change.kind) {
    case Change::Kind::Open:
      co_return co_await open(std::move(change.partition));
    case Change::Kind::Retire:
      co_return co_await retire(std::move(change.partition));
  }
  unreachable();
}

runtime::Task<void> PartitionTable::settled() {
  runtime::Waiter waiter;
  waiter.subscribe(settled_);
  while (carrying_out_) {
    co_await waiter.wait();
  }
}

runtime::Task<void> PartitionTable::open(std::shared_ptr<Partition> partition) {
  Result<std::unique_ptr<storage::PartitionLog>> log = co_await open_log(*partition);
  if (!log) {
    log_.error("partition_offline").with("partition", partition->name()).with("reason", log.error().message);
    partition->offline(Error{Errc::Io, std::move(log).error().message});
    co_return;
  }
  ++partitions_in_[directory_of(**log)];
  partition->online(*std::move(log));
}

runtime::Async<std::unique_ptr<storage::PartitionLog>> PartitionTable::open_log(const Partition& partition) {
  const auto topic = topics_.find(partition.id().topic);
  const storage::LogOptions options = topic == topics_.end() ? storage::LogOptions{} : topic->second.rules.log;
  auto found = found_.extract(partition.name());
  if (!found.empty()) {
    CO_TRY(auto log, co_await storage::PartitionLog::open(std::move(found.mapped().place), options));
    if (log->topic_id() == partition.id().topic) {
      co_return log;
    }
    // Another topic once had this name. Its records stay where a person can find them.
    CO_TRY(const std::string path, co_await log->retire("stray"));
    log_.warn("stray_partition").with("directory", path).with("topic_id", log->topic_id());
  }
  const LogDirectoryRef& directory = directories_[emptiest_directory()];
  storage::LogPlace place{.directory = fmt::format("{}/{}", directory.path, partition.name()),
                          .partition = partition.name()};
  co_return co_await storage::PartitionLog::create(std::move(place), partition.id().topic, options);
}

runtime::Task<void> PartitionTable::retire(std::shared_ptr<Partition> partition) {
  const std::unique_ptr<storage::PartitionLog> log = co_await partition->close(Errc::UnknownTopicOrPartition);
  if (log == nullptr) {
    co_return;
  }
  --partitions_in_[directory_of(*log)];
  const runtime::Duration delay = log->options().file_delete_delay;
  const Result<std::string> path = co_await log->retire("delete");
  if (!path) {
    log_.error("delete_failed").with("partition", partition->name()).with("reason", path.error().message);
    co_return;
  }
  tasks_.spawn(remove_later(*path, delay));
}

runtime::Task<void> PartitionTable::remove_later(std::string path, runtime::Duration delay) {
  runtime::Shard& shard = runtime::Shard::current();
  runtime::Waiter waiter;
  waiter.subscribe(closing_signal_);
  if (closing_) {
    co_return;
  }
  const bool woken = co_await waiter.wait(shard.in(delay));
  if (woken) {
    co_return;  // we are stopping; the next start finds it
  }
  const Result<> removed = co_await shard.files().remove_all(path);
  if (!removed) {
    log_.warn("delete_failed").with("directory", path).with("reason", removed.error().message);
  }
}

runtime::Task<void> PartitionTable::retire_strays() {
  auto strays = std::exchange(found_, {});
  for (auto& [name, stray] : strays) {
    auto log = co_await storage::PartitionLog::open(std::move(stray.place), {});
    if (!log) {
      log_.warn("stray_partition").with("partition", name).with("reason", log.error().message);
      continue;
    }
    const Result<std::string> path = co_await (*log)->retire("stray");
    log_.warn("stray_partition").with("partition", name).with("directory", path ? *path : path.error().message);
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
  DirectoryOffsets& of = offsets[directory_of(log)];
  of.recovery_points.emplace(partition.name(), recovery_point);
  of.high_watermarks.emplace(partition.name(), partition.high_watermark());
  if (log.start_offset() > Offset{0}) {
    of.start_offsets.emplace(partition.name(), log.start_offset());
  }
}

std::vector<DirectoryOffsets> PartitionTable::offsets() const {
  std::vector<DirectoryOffsets> offsets(directories_.size());
  for (const auto& [id, partition] : partitions_) {
    if (const storage::PartitionLog* log = partition->log()) {
      note_offsets(*partition, *log, log->flushed_offset(), offsets);
    }
  }
  return offsets;
}

std::vector<LogDescription> PartitionTable::describe_logs() const {
  std::vector<LogDescription> logs;
  for (const auto& [id, partition] : partitions_) {
    if (const storage::PartitionLog* log = partition->log()) {
      logs.push_back(
          {.partition = partition->name(), .directory = directory_of(*log), .size_bytes = log->size_bytes()});
    }
  }
  return logs;
}

runtime::Task<void> PartitionTable::upkeep() {
  std::vector<std::shared_ptr<Partition>> all;
  all.reserve(partitions_.size());
  for (const auto& [id, partition] : partitions_) {
    all.push_back(partition);
  }
  for (const std::shared_ptr<Partition>& partition : all) {
    if (closing_ || partition->log() == nullptr) {
      continue;
    }
    const Result<> kept = co_await partition->enforce_retention(runtime::Shard::current().wall_now());
    if (!kept && kept.error().code == Errc::Io) {
      log_.error("retention_failed").with("partition", partition->name()).with("reason", kept.error().message);
    }
    co_await runtime::yield();
  }
}

runtime::Task<PartitionTable::Closed> PartitionTable::close(std::function<void(size_t)> left) {
  closing_ = true;
  closing_signal_.notify_all();
  co_await settled();
  Closed closed{.is_clean = true, .offsets = std::vector<DirectoryOffsets>(directories_.size())};
  auto partitions = std::exchange(partitions_, {});
  for (auto next = partitions.begin(); next != partitions.end();) {
    runtime::TaskGroup some;
    for (size_t i = 0; i < changes_at_once && next != partitions.end(); ++i) {
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

size_t PartitionTable::directory_of(const storage::PartitionLog& log) const {
  for (size_t i = 0; i < directories_.size(); ++i) {
    const std::string& path = directories_[i].path;
    if (log.directory().starts_with(path) && log.directory().find('/', path.size() + 1) == std::string::npos) {
      return i;
    }
  }
  unreachable();
}

size_t PartitionTable::emptiest_directory() const {
  return static_cast<size_t>(std::ranges::min_element(partitions_in_) - partitions_in_.begin());
}

}  // namespace odradek::replication
