// Until when the members of consumer groups must be heard of, and must have given up what they shall not keep.
//
// Soft: after a restart every member gets a whole session again. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/group/text_map.h"
#include "runtime/time.h"

namespace odradek::coordinator {

class ConsumerSessions {
 public:
  struct GroupNotes {
    int64_t topics_seen = -1;     // position of the metadata image that the group has looked at
    int64_t regexes_seen_ms = 0;  // when its expressions were last matched
  };

  // Only a group with members has notes; others are as if never looked at.
  [[nodiscard]] GroupNotes notes(std::string_view group) const;
  void note(std::string_view group, const GroupNotes& notes);

  [[nodiscard]] std::vector<std::string> members(std::string_view group) const;
  [[nodiscard]] bool has(std::string_view group, std::string_view member) const;
  // True if its session now ends before it would have: the group has to be looked at sooner.
  bool heard_of(std::string_view group, std::string_view member, runtime::MonotonicTime session_end);
  // What a member was asked for: in an epoch it may have to give up more than once, and keeps less each time.
  struct Demand {
    int32_t epoch = 0;
    size_t kept = 0;
    friend bool operator==(const Demand&, const Demand&) = default;
  };
  // The member has to give up partitions (or to join again); demanded again it changes nothing.
  void must_give_up(std::string_view group, std::string_view member, Demand demand, runtime::MonotonicTime until);
  void has_given_up(std::string_view group, std::string_view member);
  // A classic member that has joined has to ask for its assignment.
  void must_sync(std::string_view group, std::string_view member, runtime::MonotonicTime until);
  void has_synced(std::string_view group, std::string_view member);
  void forget(std::string_view group, std::string_view member);
  void forget(std::string_view group);

  // Whose time is up.
  [[nodiscard]] std::vector<std::string> overdue(std::string_view group, runtime::MonotonicTime now) const;
  // When the group is to be looked at next; nothing: it has no members here.
  [[nodiscard]] std::optional<runtime::MonotonicTime> next_deadline(std::string_view group) const;

 private:
  struct Member {
    runtime::MonotonicTime session_end;
    std::optional<runtime::MonotonicTime> give_up_until;
    std::optional<runtime::MonotonicTime> sync_until;
    Demand demand;
    [[nodiscard]] runtime::MonotonicTime deadline() const;
  };
  struct Group {
    GroupNotes notes;
    TextMap<Member> members;
  };
  [[nodiscard]] Member* find(std::string_view group, std::string_view member);

  TextMap<Group> groups_;
};

}  // namespace odradek::coordinator
