#include "sim/group_watch.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace odradek::sim {

namespace {

// How long what was sent over a connection that broke may still be on its way.
constexpr auto in_flight_max = std::chrono::seconds(5);

}  // namespace

std::vector<TopicPtr> GroupWatch::topics() const {
  std::vector<TopicPtr> result;
  for (const TopicPtr& topic : stage_.topics.all()) {
    if (topic->being == Being::There && result.size() < 2) {
      result.push_back(topic);
    }
  }
  return result;
}

void GroupWatch::notice_power_cuts() {
  if (power_cuts_ != stage_.history.power_cuts()) {
    power_cuts_ = stage_.history.power_cuts();
    claims_.clear();
    epochs_.clear();
    for (auto& [partition, commits] : commits_) {
      commits.acknowledged = -1;
    }
  }
}

TopicPtr GroupWatch::topic_there(const std::string& name) const {
  for (const TopicPtr& topic : stage_.topics.all()) {
    if (topic->name == name && topic->being == Being::There) {
      return topic;
    }
  }
  return nullptr;
}

std::optional<TopicId> GroupWatch::there(const std::string& name) const {
  const TopicPtr topic = topic_there(name);
  return topic == nullptr ? std::nullopt : std::optional(topic->id);
}

bool GroupWatch::may_be_expelled(const Reader& reader) const {
  const runtime::MonotonicTime now = stage_.world.now();
  return reader.power_cuts != power_cuts_ || now - reader.heard_of >= std::chrono::milliseconds(group_session_ms) ||
         now - std::chrono::milliseconds(group_rebalance_ms) >= std::min(reader.told, reader.told_in_vain);
}

bool GroupWatch::holds(const Reader& reader, const TopicPartition& partition, const TopicId& topic) const {
  const auto known = reader.topics.find(partition.topic);
  return reader.partitions.contains(partition) && known != reader.topics.end() && known->second == topic &&
         !may_be_expelled(reader);
}

void GroupWatch::check_epoch(const std::string& member, int32_t epoch) {
  const auto [last, is_first] = epochs_.try_emplace(member, epoch);
  if (epoch < last->second) {
    stage_.fail(fmt::format("{}: {} was in epoch {}, and is in epoch {}", group_, member, last->second, epoch));
  }
  last->second = epoch;
}

void GroupWatch::reads(const std::string& member, int32_t epoch, const Partitions& partitions, Asked asked) {
  notice_power_cuts();
  Reader reader{
      .partitions = partitions, .topics = {}, .since = asked.at, .heard_of = asked.at, .power_cuts = asked.power_cuts};
  for (const TopicPartition& partition : partitions) {
    reader.topics.try_emplace(partition.topic, there(partition.topic));
  }
  const auto before = readers_.find(member);
  if (before != readers_.end()) {
    reader.since = before->second.partitions == partitions ? before->second.since : reader.since;
    reader.told = before->second.told_in_vain;
  }
  readers_.insert_or_assign(member, reader);
  if (asked.power_cuts != power_cuts_) {
    return;
  }
  check_epoch(member, epoch);
  for (const TopicPartition& partition : partitions) {
    const std::optional<TopicId> topic = reader.topics.at(partition.topic);
    for (const auto& [name, other] : readers_) {
      if (name != member && topic && !may_be_expelled(reader) && holds(other, partition, *topic)) {
        stage_.fail(fmt::format("{}: {} is given to {} in epoch {}, and {} still reads it", group_, partition, member,
                                epoch, name));
      }
    }
    const auto [claim, is_first] = claims_.try_emplace({partition, epoch}, member);
    // Whoever has stopped does not count, nor who was silent for too long: a group that was empty may have begun anew.
    const auto other = readers_.find(claim->second);
    const bool is_read =
        other != readers_.end() && other->second.partitions.contains(partition) && !may_be_expelled(other->second);
    if (!is_first && claim->second != member && !is_read) {
      claim->second = member;
    } else if (claim->second != member) {
      stage_.fail(
          fmt::format("{}: {} is read by {} and by {} in epoch {}", group_, partition, claim->second, member, epoch));
    }
  }
}

void GroupWatch::stays(const std::string& member, Asked asked) {
  if (const auto reader = readers_.find(member); reader != readers_.end()) {
    reader->second.heard_of = asked.at;
    // Not since which power cut it is known to be a member: a coordinator that loads says yes to everybody, as Kafka's.
  }
}

void GroupWatch::heard_nothing(const std::string& member, Asked asked) {
  if (const auto reader = readers_.find(member); reader != readers_.end()) {
    reader->second.told_in_vain = std::min(reader->second.told_in_vain, asked.at);
  }
}

GroupWatch::Commits& GroupWatch::commits_of(const TopicPartition& partition) {
  Commits& commits = commits_[partition];
  const TopicPtr topic = topic_there(partition.topic);
  if (topic != nullptr && commits.topic != topic->id) {
    // What is still on its way was meant for the old topic, and may reach the new one. And what was sent while nobody
    // knew whether the topic is there may have been meant for this one.
    const bool is_clear = commits.pending == 0 && stage_.world.now() >= commits.uncertain_until;
    commits.above = is_clear && commits.sent_at < topic->made ? commits.sent : -1;
    commits.topic = topic->id;
    commits.acknowledged = -1;
  }
  return commits;
}

GroupCommit GroupWatch::next_commit(const std::string& member, const TopicPartition& partition) {
  Commits& commits = commits_of(partition);
  ++commits.pending;
  commits.sent_at = stage_.world.now();
  commits.sent_in_reign = reign_;
  return {.member = member,
          .partition = partition,
          .topic = there(partition.topic),
          .offset = ++commits.sent,
          .asked = asks()};
}

void GroupWatch::committed(const GroupCommit& commit) {
  notice_power_cuts();
  Commits& commits = commits_of(commit.partition);
  --commits.pending;
  if (commit.asked.power_cuts != power_cuts_ || !commit.topic || commit.topic != there(commit.partition.topic)) {
    return;
  }
  for (const auto& [name, reader] : readers_) {
    if (name != commit.member && reader.since < commit.asked.at && holds(reader, commit.partition, *commit.topic)) {
      stage_.fail(fmt::format("{}: {} could commit {}, which {} reads", group_, commit.member, commit.partition, name));
    }
  }
  commits.acknowledged = std::max(commits.acknowledged, commit.offset);
}

void GroupWatch::lost_sight(const GroupCommit& commit) {
  Commits& commits = commits_of(commit.partition);
  --commits.pending;
  commits.uncertain_until = stage_.world.now() + in_flight_max;
}

GroupPromise GroupWatch::promised(const TopicPartition& partition) {
  notice_power_cuts();
  const Commits& commits = commits_of(partition);
  GroupPromise promise{.topic = there(partition.topic), .power_cuts = power_cuts_};
  if (promise.topic) {
    promise.offset = commits.acknowledged;
    promise.above = commits.above;
  }
  return promise;
}

void GroupWatch::found(const TopicPartition& partition, const GroupPromise& promised_before, int64_t offset) {
  notice_power_cuts();
  Commits& commits = commits_of(partition);
  const bool is_same_topic = promised_before.topic && promised_before.topic == there(partition.topic);
  // The answer may be older than a power cut that has taken what it says.
  if (stage_.world.now() < commits.uncertain_until || !is_same_topic || promised_before.power_cuts != power_cuts_) {
    return;
  }
  if (offset < promised_before.offset || offset > commits.sent) {
    stage_.fail(fmt::format("{}: {} has the committed offset {}; at least {} was acknowledged or seen, at most {} sent",
                            group_, partition, offset, promised_before.offset, commits.sent));
  } else if (offset != -1 && offset <= promised_before.above) {
    stage_.fail(fmt::format("{}: {} has the committed offset {}, which was that of a topic deleted before", group_,
                            partition, offset));
  }
  commits.acknowledged = std::max(commits.acknowledged, offset);
}

Partitions GroupWatch::as_told(const std::string& member, Partitions partitions) {
  if (lies_.loses_assignments && !partitions.empty()) {
    partitions.erase(std::prev(partitions.end()));
  }
  if (lies_.gives_twice) {
    for (const auto& [name, reader] : readers_) {
      if (name != member && !reader.partitions.empty()) {
        partitions.insert(*reader.partitions.begin());
      }
    }
  }
  return partitions;
}

int32_t GroupWatch::as_told(const std::string& member, int32_t epoch) {
  const auto last = epochs_.find(member);
  const bool is_turned = lies_.turns_epochs_back && last != epochs_.end() && last->second == epoch;
  return is_turned ? epoch - 1 : epoch;
}

int64_t GroupWatch::as_told(const TopicPartition& partition, int64_t committed_offset) {
  const Commits& commits = commits_of(partition);
  if (lies_.forgets_offsets_on_load && commits.sent_in_reign < reign_) {
    return -1;
  }
  if (lies_.keeps_offsets_of_deleted_topics && committed_offset == -1 && commits.sent > 0) {
    return commits.sent;
  }
  return committed_offset;
}

bool GroupWatch::is_settled() const {
  std::map<TopicPartition, int> read;
  for (const auto& [member, reader] : readers_) {
    for (const TopicPartition& partition : reader.partitions) {
      ++read[partition];
    }
  }
  size_t wanted = 0;
  for (const TopicPtr& topic : topics()) {
    for (int32_t i = 0; i < topic->partitions; ++i) {
      const auto found = read.find({.topic = topic->name, .index = PartitionIndex{i}});
      if (found == read.end() || found->second != 1) {
        return false;
      }
      ++wanted;
    }
  }
  return read.size() == wanted;
}

std::string GroupWatch::describe() const {
  std::string text;
  for (const auto& [member, reader] : readers_) {
    text += fmt::format(" {} reads", member);
    for (const TopicPartition& partition : reader.partitions) {
      text += fmt::format(" {}", partition);
    }
    text += ";";
  }
  return text.empty() ? " nobody reads anything" : text;
}

}  // namespace odradek::sim
