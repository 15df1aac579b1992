#include "coordinator/group/consumer_sessions.h"

#include <algorithm>
#include <utility>

namespace odradek::coordinator {

runtime::MonotonicTime ConsumerSessions::Member::deadline() const {
  return std::min({session_end, give_up_until.value_or(session_end), sync_until.value_or(session_end)});
}

ConsumerSessions::Member* ConsumerSessions::find(std::string_view group, std::string_view member) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) {
    return nullptr;
  }
  const auto place = found->second.members.find(member);
  return place == found->second.members.end() ? nullptr : &place->second;
}

ConsumerSessions::GroupNotes ConsumerSessions::notes(std::string_view group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? GroupNotes{} : found->second.notes;
}

void ConsumerSessions::note(std::string_view group, const GroupNotes& notes) {
  const auto found = groups_.find(group);
  if (found != groups_.end()) {
    found->second.notes = notes;
  }
}

std::vector<std::string> ConsumerSessions::members(std::string_view group) const {
  std::vector<std::string> result;
  const auto found = groups_.find(group);
  if (found != groups_.end()) {
    for (const auto& [id, member] : found->second.members) {
      result.push_back(id);
    }
  }
  return result;
}

bool ConsumerSessions::has(std::string_view group, std::string_view member) const {
  const auto found = groups_.find(group);
  return found != groups_.end() && found->second.members.contains(member);
}

bool ConsumerSessions::heard_of(std::string_view group, std::string_view member, runtime::MonotonicTime session_end) {
  if (Member* known = find(group, member)) {
    return session_end < std::exchange(known->session_end, session_end);
  }
  groups_[std::string(group)].members[std::string(member)].session_end = session_end;
  return true;
}

void ConsumerSessions::must_give_up(std::string_view group, std::string_view member, Demand demand,
                                    runtime::MonotonicTime until) {
  Member* known = find(group, member);
  if (known != nullptr && (!known->give_up_until || known->demand != demand)) {
    known->give_up_until = until;
    known->demand = demand;
  }
}

void ConsumerSessions::has_given_up(std::string_view group, std::string_view member) {
  if (Member* known = find(group, member)) {
    known->give_up_until.reset();
  }
}

void ConsumerSessions::must_sync(std::string_view group, std::string_view member, runtime::MonotonicTime until) {
  if (Member* known = find(group, member)) {
    known->sync_until = until;
  }
}

void ConsumerSessions::has_synced(std::string_view group, std::string_view member) {
  if (Member* known = find(group, member)) {
    known->sync_until.reset();
  }
}

void ConsumerSessions::forget(std::string_view group, std::string_view member) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) {
    return;
  }
  found->second.members.erase(std::string(member));
  if (found->second.members.empty()) {
    groups_.erase(found);
  }
}

void ConsumerSessions::forget(std::string_view group) { groups_.erase(std::string(group)); }

std::vector<std::string> ConsumerSessions::overdue(std::string_view group, runtime::MonotonicTime now) const {
  std::vector<std::string> result;
  const auto found = groups_.find(group);
  if (found != groups_.end()) {
    for (const auto& [id, member] : found->second.members) {
      if (member.deadline() <= now) {
        result.push_back(id);
      }
    }
    std::ranges::sort(result);
  }
  return result;
}

std::optional<runtime::MonotonicTime> ConsumerSessions::next_deadline(std::string_view group) const {
  const auto found = groups_.find(group);
  if (found == groups_.end() || found->second.members.empty()) {
    return std::nullopt;
  }
  const auto soonest =
      std::ranges::min_element(found->second.members, {}, [](const auto& entry) { return entry.second.deadline(); });
  return soonest->second.deadline();
}

}  // namespace odradek::coordinator
