// What the members of one group know together, and what must hold of it: nobody is given what another still reads,
// epochs do not go back, everything is read in the end, commits of those who were replaced are refused, and committed
// offsets do not go back, nor outlive their topic.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/ids.h"
#include "sim/group_lies.h"
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
  std::string member;
  TopicPartition partition;
  std::optional<TopicId> topic;
  int64_t offset = -1;
  Asked asked;
};

struct GroupPromise {
  std::optional<TopicId> topic;
  int64_t offset = -1;  // at least; -1: nothing
  int64_t above = -1;   // what is there must be more than that: the rest was committed for another topic of that name
  uint64_t power_cuts = 0;  // when it was asked for
};

// Of members of both protocols; swarm.cc sets it for those that are told theirs.
inline constexpr int32_t group_session_ms = 400;
// How long a member may take to give up what it has been told to.
inline constexpr int32_t group_rebalance_ms = 600;

class GroupWatch {
 public:
  GroupWatch(Stage& stage, std::string group) : stage_(stage), group_(std::move(group)) {}

  // None, unless a bug is planted.
  [[nodiscard]] GroupLies& lies() { return lies_; }
  // The broker has started.
  void begin_reign() { ++reign_; }

  [[nodiscard]] const std::string& group() const { return group_; }
  // What members subscribe to; empty while there is nothing.
  [[nodiscard]] std::vector<TopicPtr> topics() const;

  [[nodiscard]] Asked asks() const { return {.at = stage_.world.now(), .power_cuts = stage_.history.power_cuts()}; }
  // A member was told, in this epoch (or generation), that these are its own.
  void reads(const std::string& member, int32_t epoch, const Partitions& partitions, Asked asked);
  // A member was told that it may go on.
  void stays(const std::string& member, Asked asked);
  // What it was told, if anything, it will never know: perhaps to give something up.
  void heard_nothing(const std::string& member, Asked asked);
  // It reads no longer. When it comes back by the same name, the group may have begun anew.
  void stopped(const std::string& member) {
    readers_.erase(member);
    epochs_.erase(member);
  }

  // The next offset that a member commits for the partition: larger than all before. Ends with one of the three below.
  [[nodiscard]] GroupCommit next_commit(const std::string& member, const TopicPartition& partition);
  void committed(const GroupCommit& commit);
  void refused(const GroupCommit& commit) { --commits_[commit.partition].pending; }
  // It is not known whether it arrived, or will yet arrive.
  void lost_sight(const GroupCommit& commit);
  // What must be there when it is asked for from now on.
  [[nodiscard]] GroupPromise promised(const TopicPartition& partition);
  void found(const TopicPartition& partition, const GroupPromise& promised_before, int64_t offset);

  // What a broker with the planted bug would have said instead.
  [[nodiscard]] Partitions as_told(const std::string& member, Partitions partitions);
  [[nodiscard]] int32_t as_told(const std::string& member, int32_t epoch);
  [[nodiscard]] int64_t as_told(const TopicPartition& partition, int64_t committed_offset);

  // No more faults: members stay, and answer in time.
  void calm() { is_calm_ = true; }
  [[nodiscard]] bool is_calm() const { return is_calm_; }
  // Every partition has one reader.
  [[nodiscard]] bool is_settled() const;
  [[nodiscard]] std::string describe() const;

 private:
  struct Commits {
    int64_t sent = 0;
    runtime::MonotonicTime sent_at = runtime::MonotonicTime::min();  // the last of them
    int64_t sent_in_reign = 0;                                       // when the last was sent
    int32_t pending = 0;                                             // neither answered nor lost
    std::optional<TopicId> topic;                                    // that `above` and `acknowledged` are about
    int64_t above = -1;                                              // sent before it was there
    int64_t acknowledged = -1;                                       // or seen
    runtime::MonotonicTime uncertain_until = runtime::MonotonicTime::min();
  };
  struct Reader {
    Partitions partitions;
    std::map<std::string, std::optional<TopicId>> topics;  // that were there by these names
    runtime::MonotonicTime since;                          // the earliest question that gave it what it reads
    runtime::MonotonicTime heard_of;                       // by the broker, at this time or later
    // When it may have been told first to give up what it says in its next question that it has given up, and when to
    // give up what it has not heard of.
    runtime::MonotonicTime told = runtime::MonotonicTime::max();
    runtime::MonotonicTime told_in_vain = runtime::MonotonicTime::max();
    uint64_t power_cuts = 0;
  };
  [[nodiscard]] TopicPtr topic_there(const std::string& name) const;
  [[nodiscard]] std::optional<TopicId> there(const std::string& name) const;
  // Whether the group may have gone on without it: it was silent for too long or slow to give something up, or the
  // group is what it was before.
  [[nodiscard]] bool may_be_expelled(const Reader& reader) const;
  // Reads the partition of this topic for certain.
  [[nodiscard]] bool holds(const Reader& reader, const TopicPartition& partition, const TopicId& topic) const;
  void check_epoch(const std::string& member, int32_t epoch);
  [[nodiscard]] Commits& commits_of(const TopicPartition& partition);
  // After a power cut the group may be what it was before, and do things again differently.
  void notice_power_cuts();

  Stage& stage_;
  std::string group_;
  GroupLies lies_;
  int64_t reign_ = 0;
  uint64_t power_cuts_ = 0;
  bool is_calm_ = false;
  std::map<std::pair<TopicPartition, int32_t>, std::string> claims_;  // by partition and epoch
  std::map<std::string, int32_t> epochs_;                             // the last of each member
  std::map<std::string, Reader> readers_;
  std::map<TopicPartition, Commits> commits_;
};

}  // namespace odradek::sim
