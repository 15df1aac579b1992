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

// When a member asked. Its answer may come late: after a power cut, or after its session has ended.
struct Asked {
  runtime::MonotonicTime at;
  uint64_t power_cuts = 0;
};

// Offsets are kept by the topic's name, and go with the topic: what was said of one is no promise for the next of that
// name. No topic: not known to be there.
struct GroupCommit {
  TopicPartition partition;
  std::optional<TopicId> topic;
  int64_t offset = -1;
  Asked asked;
};

struct GroupPromise {
  std::optional<TopicId> topic;
  int64_t offset = -1;  // -1: nothing
};

// Of members of both protocols; swarm.cc sets it for those that are told theirs.
inline constexpr int32_t group_session_ms = 400;

class GroupWatch {
 public:
  GroupWatch(Stage& stage, std::string group) : stage_(stage), group_(std::move(group)) {}

  [[nodiscard]] const std::string& group() const { return group_; }
  // What members subscribe to; empty while there is nothing.
  [[nodiscard]] std::vector<TopicPtr> topics() const;

  [[nodiscard]] Asked asks() const { return {.at = stage_.world.now(), .power_cuts = stage_.history.power_cuts()}; }
  // A member was told, in this epoch (or generation), that these are its own.
  void reads(const std::string& member, int32_t epoch, const Partitions& partitions, Asked asked);
  // A member was told that it may go on.
  void stays(const std::string& member, Asked asked);
  void stopped(const std::string& member) { readers_.erase(member); }

  // The next offset that somebody commits for the partition: larger than all before.
  [[nodiscard]] GroupCommit next_commit(const TopicPartition& partition);
  void committed(const GroupCommit& commit);
  // It is not known whether a commit arrived, or will yet arrive.
  void lost_sight(const TopicPartition& partition);
  // What must be there when it is asked for from now on.
  [[nodiscard]] GroupPromise promised(const TopicPartition& partition) const;
  void found(const TopicPartition& partition, const GroupPromise& promised_before, int64_t offset);

  // No more faults: members stay, and answer in time.
  void calm() { is_calm_ = true; }
  [[nodiscard]] bool is_calm() const { return is_calm_; }
  // Every partition has one reader.
  [[nodiscard]] bool is_settled() const;
  [[nodiscard]] std::string describe() const;

 private:
  struct Commits {
    int64_t sent = 0;
    std::optional<TopicId> topic;  // whose offset was acknowledged
    int64_t acknowledged = -1;
    runtime::MonotonicTime uncertain_until = runtime::MonotonicTime::min();
  };
  struct Reader {
    Partitions partitions;
    runtime::MonotonicTime heard_of;  // by the broker, at this time or later
  };
  [[nodiscard]] std::optional<TopicId> there(const std::string& topic) const;
  // Whether the group may have gone on without it, or have begun anew at its first epoch.
  [[nodiscard]] bool may_be_expelled(const Reader& reader) const;
  // After a power cut the group may be what it was before, and do things again differently.
  void notice_power_cuts();

  Stage& stage_;
  std::string group_;
  uint64_t power_cuts_ = 0;
  bool is_calm_ = false;
  std::map<std::pair<TopicPartition, int32_t>, std::string> claims_;  // by partition and epoch
  std::map<std::string, Reader> readers_;
  std::map<TopicPartition, Commits> commits_;
};

}  // namespace odradek::sim
