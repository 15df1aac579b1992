#include "sim/group_watch.h"

#include <algorithm>

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
    for (auto& [partition, commits] : commits_) {
      commits.acknowledged = -1;
    }
  }
}

std::optional<TopicId> GroupWatch::there(const std::string& name) const {
  for (const TopicPtr& topic : stage_.topics.all()) {
    if (topic->name == name && topic->being == Being::There) {
      return topic->id;
    }
  }
  return std::nullopt;
}

bool GroupWatch::may_be_expelled(const Reader& reader) const {
  return stage_.world.now() - reader.heard_of >= std::chrono::milliseconds(group_session_ms);
}

void GroupWatch::reads(const std::string& member, int32_t epoch, const Partitions& partitions, Asked asked) {
  notice_power_cuts();
  readers_.insert_or_assign(member, Reader{.partitions = partitions, .heard_of = asked.at});
  if (asked.power_cuts != power_cuts_) {
    return;
  }
  for (const TopicPartition& partition : partitions) {
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
  }
}

GroupCommit GroupWatch::next_commit(const TopicPartition& partition) {
  return {
      .partition = partition, .topic = there(partition.topic), .offset = ++commits_[partition].sent, .asked = asks()};
}

void GroupWatch::committed(const GroupCommit& commit) {
  notice_power_cuts();
  if (commit.asked.power_cuts != power_cuts_ || !commit.topic || commit.topic != there(commit.partition.topic)) {
    return;
  }
  Commits& commits = commits_[commit.partition];
  if (commits.topic != commit.topic) {
    commits.topic = commit.topic;
    commits.acknowledged = -1;
  }
  commits.acknowledged = std::max(commits.acknowledged, commit.offset);
}

void GroupWatch::lost_sight(const TopicPartition& partition) {
  commits_[partition].uncertain_until = stage_.world.now() + in_flight_max;
}

GroupPromise GroupWatch::promised(const TopicPartition& partition) const {
  GroupPromise promise{.topic = there(partition.topic)};
  const auto found = commits_.find(partition);
  if (found != commits_.end() && found->second.topic == promise.topic && power_cuts_ == stage_.history.power_cuts()) {
    promise.offset = found->second.acknowledged;
  }
  return promise;
}

void GroupWatch::found(const TopicPartition& partition, const GroupPromise& promised_before, int64_t offset) {
  notice_power_cuts();
  const Commits& commits = commits_[partition];
  const bool is_same_topic = promised_before.topic && promised_before.topic == there(partition.topic);
  if (stage_.world.now() < commits.uncertain_until || !is_same_topic) {
    return;
  }
  if (offset < promised_before.offset || offset > commits.sent) {
    stage_.fail(fmt::format("{}: {} has the committed offset {}; at least {} was acknowledged, at most {} sent", group_,
                            partition, offset, promised_before.offset, commits.sent));
  }
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
