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

void GroupWatch::reads(const std::string& member, int32_t epoch, const Partitions& partitions) {
  notice_power_cuts();
  for (const TopicPartition& partition : partitions) {
    const auto [claim, is_first] = claims_.try_emplace({partition, epoch}, member);
    // Whoever has stopped does not count: a group that was empty may have begun anew, at its first epoch.
    const auto other = readers_.find(claim->second);
    const bool is_read = other != readers_.end() && other->second.contains(partition);
    if (!is_first && claim->second != member && !is_read) {
      claim->second = member;
    } else if (claim->second != member) {
      stage_.fail(
          fmt::format("{}: {} is read by {} and by {} in epoch {}", group_, partition, claim->second, member, epoch));
    }
  }
  readers_.insert_or_assign(member, partitions);
}

void GroupWatch::committed(const TopicPartition& partition, int64_t offset) {
  notice_power_cuts();
  Commits& commits = commits_[partition];
  commits.acknowledged = std::max(commits.acknowledged, offset);
}

void GroupWatch::lost_sight(const TopicPartition& partition) {
  commits_[partition].uncertain_until = stage_.world.now() + in_flight_max;
}

int64_t GroupWatch::promised(const TopicPartition& partition) const {
  const auto found = commits_.find(partition);
  return found == commits_.end() || power_cuts_ != stage_.history.power_cuts() ? -1 : found->second.acknowledged;
}

void GroupWatch::found(const TopicPartition& partition, int64_t promised_before, int64_t offset) {
  notice_power_cuts();
  const Commits& commits = commits_[partition];
  const bool is_known = std::ranges::any_of(stage_.topics.all(), [&](const TopicPtr& topic) {
    return topic->name == partition.topic && topic->being == Being::There;
  });
  if (stage_.world.now() < commits.uncertain_until || !is_known) {
    return;
  }
  if (offset < promised_before || offset > commits.sent) {
    stage_.fail(fmt::format("{}: {} has the committed offset {}; at least {} was acknowledged, at most {} sent", group_,
                            partition, offset, promised_before, commits.sent));
  }
}

bool GroupWatch::is_settled() const {
  std::map<TopicPartition, int> read;
  for (const auto& [member, partitions] : readers_) {
    for (const TopicPartition& partition : partitions) {
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
  for (const auto& [member, partitions] : readers_) {
    text += fmt::format(" {} reads", member);
    for (const TopicPartition& partition : partitions) {
      text += fmt::format(" {}", partition);
    }
    text += ";";
  }
  return text.empty() ? " nobody reads anything" : text;
}

}  // namespace odradek::sim
