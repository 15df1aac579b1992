// ClassicGroup: generations, and what happens by itself when time passes.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "coordinator/group/classic_group.h"

namespace odradek::coordinator {

using protocol::ErrorCode;
using runtime::Duration;
using runtime::MonotonicTime;
using std::chrono::milliseconds;

bool ClassicGroup::have_all_joined() const {
  return pending_.empty() && std::ranges::all_of(members_, [](const auto& m) { return m.second.is_awaiting_join(); });
}

ClassicGroup::MustWrite ClassicGroup::rebalance(Moment moment) {
  return state_ == State::PreparingRebalance ? complete_if_all_joined(moment) : prepare_rebalance(moment);
}

ClassicGroup::MustWrite ClassicGroup::prepare_rebalance(Moment moment) {
  if (state_ == State::CompletingRebalance) {
    for (auto& [id, member] : members_) {
      member.assignment = Blob();
    }
    answer_syncs(ErrorCode::RebalanceInProgress, moment);
  }
  sync_deadline_.reset();
  const bool is_initial = state_ == State::Empty;
  become(State::PreparingRebalance, moment);
  if (is_initial) {
    // The group is new: others probably come soon.
    const Duration remaining = std::max<Duration>(rebalance_timeout() - initial_step_, Duration::zero());
    initial_delay_ = InitialDelay{.step = initial_step_, .current = initial_step_, .remaining = remaining};
    has_newcomers_ = false;
    join_deadline_ = moment.now + initial_step_;
    return false;
  }
  if (have_all_joined()) {
    return complete_join(moment);
  }
  join_deadline_ = moment.now + rebalance_timeout();
  return false;
}

ClassicGroup::MustWrite ClassicGroup::complete_if_all_joined(Moment moment) {
  if (state_ == State::PreparingRebalance && !initial_delay_ && have_all_joined()) {
    return complete_join(moment);
  }
  return false;
}

ClassicGroup::MustWrite ClassicGroup::complete_join(Moment moment) {
  join_deadline_.reset();
  initial_delay_.reset();
  std::vector<std::string> missing;
  for (const auto& [id, member] : members_) {
    if (!member.is_awaiting_join() && !member.instance_id) {
      missing.push_back(id);
    }
  }
  for (const std::string& id : missing) {
    remove(id);
  }
  if (!elect_joined_leader() && !members_.empty()) {
    // Only static members are left, and none of them came back: their sessions decide.
    join_deadline_ = moment.now + rebalance_timeout();
    return false;
  }
  begin_generation(moment);
  return state_ == State::Empty;
}

void ClassicGroup::begin_generation(Moment moment) {
  ++generation_;
  not_synced_.clear();
  protocol_name_ = members_.empty() ? std::nullopt : vote();
  note_subscriptions();
  if (members_.empty()) {
    leader_.clear();
    become(State::Empty, moment);
    return;
  }
  become(State::CompletingRebalance, moment);
  for (auto& [id, member] : members_) {
    if (member.join) {
      std::exchange(member.join, nullptr)->answer(joined(member));
    }
    begin_session(member, moment);
    member.is_new = false;
    not_synced_.insert(id);
  }
  sync_deadline_ = moment.now + rebalance_timeout();
}

bool ClassicGroup::elect_joined_leader() {
  if (leader_.empty()) {
    return false;
  }
  const auto leader = members_.find(leader_);
  if (leader != members_.end() && leader->second.is_awaiting_join()) {
    return true;
  }
  const auto joined = std::ranges::find_if(members_, [](const auto& m) { return m.second.is_awaiting_join(); });
  if (joined == members_.end()) {
    return false;
  }
  leader_ = joined->first;
  return true;
}

std::set<std::string_view> ClassicGroup::common_protocols() const {
  std::unordered_map<std::string_view, size_t> supporters;
  for (const auto& [id, member] : members_) {
    std::set<std::string_view> once;
    for (const ClassicMember::Protocol& protocol : member.protocols) {
      if (once.insert(protocol.name).second) {
        ++supporters[protocol.name];
      }
    }
  }
  std::set<std::string_view> common;
  for (const auto& [name, count] : supporters) {
    if (count == members_.size()) {
      common.insert(name);
    }
  }
  return common;
}

// Each member votes for the first in its list that all of them know.
std::optional<std::string> ClassicGroup::vote() const {
  const std::set<std::string_view> candidates = common_protocols();
  std::map<std::string_view, size_t> votes;
  for (const auto& [id, member] : members_) {
    const auto choice = std::ranges::find_if(
        member.protocols, [&](const ClassicMember::Protocol& protocol) { return candidates.contains(protocol.name); });
    if (choice != member.protocols.end()) {
      ++votes[choice->name];
    }
  }
  const auto winner = std::ranges::max_element(votes, {}, [](const auto& vote_of) { return vote_of.second; });
  return winner == votes.end() ? std::nullopt : std::optional(std::string(winner->first));
}

milliseconds ClassicGroup::rebalance_timeout() const {
  milliseconds longest{0};
  for (const auto& [id, member] : members_) {
    longest = std::max(longest, member.rebalance_timeout);
  }
  return longest;
}

ClassicGroup::MustWrite ClassicGroup::leave_done(Moment moment) { return after_removal(moment); }

ClassicGroup::MustWrite ClassicGroup::after_removal(Moment moment) {
  switch (state_) {
    case State::Empty: return false;
    case State::PreparingRebalance: return complete_if_all_joined(moment);
    case State::CompletingRebalance:
    case State::Stable: return prepare_rebalance(moment);
  }
  unreachable();
}

ClassicGroup::MustWrite ClassicGroup::shrink(const GroupOptions& options, Moment moment) {
  if (members_.size() <= static_cast<size_t>(options.size_max)) {
    return false;
  }
  return prepare_rebalance(moment);
}

ClassicGroup::MustWrite ClassicGroup::on_time(Moment moment) {
  bool write = false;
  if (join_deadline_ && *join_deadline_ <= moment.now) {
    if (initial_delay_ && has_newcomers_ && initial_delay_->remaining > Duration::zero()) {
      const InitialDelay was = *initial_delay_;
      has_newcomers_ = false;
      initial_delay_->current = std::min(was.step, was.remaining);
      initial_delay_->remaining = std::max<Duration>(was.remaining - was.current, Duration::zero());
      join_deadline_ = moment.now + initial_delay_->current;
    } else {
      write = complete_join(moment) || write;
    }
  }
  if (sync_deadline_ && *sync_deadline_ <= moment.now) {
    sync_deadline_.reset();
    const bool is_open = state_ == State::CompletingRebalance || state_ == State::Stable;
    if (is_open && !not_synced_.empty()) {
      const std::vector<std::string> late(not_synced_.begin(), not_synced_.end());
      for (const std::string& id : late) {
        remove(id);
      }
      write = prepare_rebalance(moment) || write;
    }
  }
  std::vector<std::string> expired;
  for (const auto& [id, until] : pending_) {
    if (until <= moment.now) {
      expired.push_back(id);
    }
  }
  for (const auto& [id, member] : members_) {
    const bool is_waiting = !member.is_new && (member.join || member.sync);
    if (!is_waiting && member.deadline <= moment.now) {
      expired.push_back(id);
    }
  }
  if (!expired.empty()) {
    const bool had_members =
        std::ranges::any_of(expired, [this](const std::string& id) { return members_.contains(id); });
    for (const std::string& id : expired) {
      remove(id);
    }
    const bool counts = had_members || state_ == State::PreparingRebalance;
    write = (counts && after_removal(moment)) || write;
  }
  return write;
}

std::optional<MonotonicTime> ClassicGroup::next_deadline() const {
  std::optional<MonotonicTime> next;
  const auto consider = [&next](MonotonicTime due) { next = next ? std::min(*next, due) : due; };
  if (join_deadline_) {
    consider(*join_deadline_);
  }
  if (sync_deadline_) {
    consider(*sync_deadline_);
  }
  for (const auto& [id, until] : pending_) {
    consider(until);
  }
  for (const auto& [id, member] : members_) {
    if (member.is_new || (!member.join && !member.sync)) {
      consider(member.deadline);
    }
  }
  return next;
}

}  // namespace odradek::coordinator
