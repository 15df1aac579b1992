// What the members of one group know together, and what must hold of it: nobody reads what another reads in the same
// epoch, everything is read in the end, and committed offsets do not go back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/ids.h"
#include "sim/stage.h"

namespace odradek::sim {

using Partitions = std::set<TopicPartition>;

class GroupWatch {
 public:
  GroupWatch(Stage& stage, std::string group) : stage_(stage), group_(std::move(group)) {}

  [[nodiscard]] const std::string& group() const { return group_; }
  // What members subscribe to; empty while there is nothing.
  [[nodiscard]] std::vector<TopicPtr> topics() const;

  // A member was told, in this epoch (or generation), that these are its own.
  void reads(const std::string& member, int32_t epoch, const Partitions& partitions);
  void stopped(const std::string& member) { readers_.erase(member); }

  // The next offset that somebody commits for the partition: larger than all before.
  [[nodiscard]] int64_t next_commit(const TopicPartition& partition) { return ++commits_[partition].sent; }
  void committed(const TopicPartition& partition, int64_t offset);
  // It is not known whether a commit arrived, or will yet arrive.
  void lost_sight(const TopicPartition& partition);
  // What must be there when it is asked for from now on; -1: nothing.
  [[nodiscard]] int64_t promised(const TopicPartition& partition) const;
  void found(const TopicPartition& partition, int64_t promised_before, int64_t offset);

  // No more faults: members stay, and answer in time.
  void calm() { is_calm_ = true; }
  [[nodiscard]] bool is_calm() const { return is_calm_; }
  // Every partition has one reader.
  [[nodiscard]] bool is_settled() const;
  [[nodiscard]] std::string describe() const;

 private:
  struct Commits {
    int64_t sent = 0;
    int64_t acknowledged = -1;
    runtime::MonotonicTime uncertain_until = runtime::MonotonicTime::min();
  };
  // After a power cut the group may be what it was before, and do things again differently.
  void notice_power_cuts();

  Stage& stage_;
  std::string group_;
  uint64_t power_cuts_ = 0;
  bool is_calm_ = false;
  std::map<std::pair<TopicPartition, int32_t>, std::string> claims_;  // by partition and epoch
  std::map<std::string, Partitions> readers_;
  std::map<TopicPartition, Commits> commits_;
};

}  // namespace odradek::sim
