// ClassicGroup: how members get in.
#include <algorithm>
#include <utility>

#include "coordinator/group/answer.h"
#include "coordinator/group/classic_group.h"

namespace odradek::coordinator {

using protocol::ErrorCode;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::Text;
using std::chrono::milliseconds;

namespace {

constexpr int16_t first_version_asking_for_an_id = 4;  // KIP-394
constexpr int16_t first_version_with_skip_assignment = 9;
// A new member cannot heartbeat before it is told its id, and its connection is silent while it waits: it may wait
// this long.
constexpr milliseconds new_member_patience{300'000};

std::optional<std::string_view> instance_of(const JoinGroupRequest& request) {
  return request.group_instance_id ? std::optional(request.group_instance_id->view()) : std::nullopt;
}

ClassicGroup::MustWrite refuse(PendingJoin& ticket, ErrorCode error, std::string_view member_id) {
  ticket.answer(refused_join(error, member_id));
  return false;
}

bool has_metadata(const ClassicMember& member, const JoinGroupRequest& request) {
  return std::ranges::equal(member.protocols, request.protocols, [](const auto& ours, const auto& theirs) {
    return ours.name == theirs.name.view() && equal(ours.metadata.view(), theirs.metadata.view());
  });
}

}  // namespace

ClassicGroup::MustWrite ClassicGroup::join(const JoinGroupRequest& request, const Caller& caller,
                                           std::string new_member_id, const GroupOptions& options, Moment moment,
                                           std::shared_ptr<PendingJoin> ticket) {
  initial_step_ = options.initial_rebalance_delay;
  const std::string_view member_id = request.member_id;
  if (!accepts(member_id, options)) {
    remove(member_id);
    return refuse(*ticket, ErrorCode::GroupMaxSizeReached, "");
  }
  if (!supports(request)) {
    return refuse(*ticket, ErrorCode::InconsistentGroupProtocol, member_id);
  }
  if (member_id.empty()) {
    return join_new(request, caller, std::move(new_member_id), options, moment, std::move(ticket));
  }
  return join_known(request, caller, options, moment, std::move(ticket));
}

bool ClassicGroup::accepts(std::string_view member_id, const GroupOptions& options) const {
  const auto known = members_.find(member_id);
  const auto size_max = static_cast<size_t>(options.size_max);
  switch (state_) {
    case State::Empty: return true;
    case State::PreparingRebalance: {
      // Who waits counts, not who is known: so a group that is too large sheds those who come back last.
      const auto waiting = std::ranges::count_if(members_, [](const auto& m) { return m.second.is_awaiting_join(); });
      return (known != members_.end() && known->second.is_awaiting_join()) || static_cast<size_t>(waiting) < size_max;
    }
    case State::CompletingRebalance:
    case State::Stable: return known != members_.end() || members_.size() < size_max;
  }
  unreachable();
}

bool ClassicGroup::supports(const JoinGroupRequest& request) const {
  if (state_ == State::Empty) {
    return !request.protocol_type.empty() && !request.protocols.empty();
  }
  if (protocol_type_ != request.protocol_type.view()) {
    return false;
  }
  if (members_.empty()) {  // the last one has gone, while another, who was told an id, is still waited for
    return !request.protocols.empty();
  }
  const std::set<std::string_view> common = common_protocols();
  return std::ranges::any_of(request.protocols, [&](const auto& offer) { return common.contains(offer.name.view()); });
}

ClassicGroup::MustWrite ClassicGroup::join_new(const JoinGroupRequest& request, const Caller& caller,
                                               std::string member_id, const GroupOptions& options, Moment moment,
                                               std::shared_ptr<PendingJoin> ticket) {
  if (const auto instance = instance_of(request)) {
    const auto known = static_ids_.find(*instance);
    if (known != static_ids_.end()) {
      return replace_member(request, caller, std::string(known->second), std::move(member_id), options, moment,
                            std::move(ticket));
    }
    return add_member(request, caller, std::move(member_id), options, moment, std::move(ticket));
  }
  if (caller.api_version >= first_version_asking_for_an_id) {
    const MustWrite write = refuse(*ticket, ErrorCode::MemberIdRequired, member_id);
    pending_.insert_or_assign(std::move(member_id), moment.now + milliseconds(request.session_timeout_ms));
    return write;
  }
  return add_member(request, caller, std::move(member_id), options, moment, std::move(ticket));
}

ClassicGroup::MustWrite ClassicGroup::join_known(const JoinGroupRequest& request, const Caller& caller,
                                                 const GroupOptions& options, Moment moment,
                                                 std::shared_ptr<PendingJoin> ticket) {
  const std::string_view member_id = request.member_id;
  if (pending_.contains(member_id)) {
    if (request.group_instance_id) {  // no static member was ever told to come back
      return refuse(*ticket, ErrorCode::UnknownMemberId, member_id);
    }
    return add_member(request, caller, std::string(member_id), options, moment, std::move(ticket));
  }
  const ErrorCode error = check_member(member_id, instance_of(request));
  if (error != ErrorCode::None) {
    return refuse(*ticket, error, member_id);
  }
  ClassicMember& joining = *member(member_id);
  const bool is_leader = joining.id == leader_;
  const bool is_same = has_metadata(joining, request);
  switch (state_) {
    case State::Empty: return refuse(*ticket, ErrorCode::UnknownMemberId, member_id);
    case State::PreparingRebalance: break;
    case State::CompletingRebalance:
      if (is_same) {  // it may have missed the answer: it is told again
        ticket->answer(joined(joining));
        return false;
      }
      break;
    case State::Stable:
      // A leader joins again to have partitions assigned anew; a follower that has not changed is where it was.
      if (!is_leader && is_same) {
        ticket->answer(joined(joining));
        return false;
      }
      break;
  }
  update(joining, request, std::move(ticket));
  return rebalance(moment);
}

ClassicGroup::MustWrite ClassicGroup::add_member(const JoinGroupRequest& request, const Caller& caller, std::string id,
                                                 const GroupOptions&, Moment moment,
                                                 std::shared_ptr<PendingJoin> ticket) {
  ClassicMember added;
  added.id = id;
  added.client_id = caller.client_id;
  added.client_host = caller.client_host;
  added.is_new = true;
  added.deadline = moment.now + new_member_patience;
  if (const auto instance = instance_of(request)) {
    added.instance_id = *instance;
    static_ids_.insert_or_assign(*added.instance_id, id);
  }
  has_newcomers_ = has_newcomers_ || initial_delay_.has_value();
  if (members_.empty()) {
    protocol_type_ = request.protocol_type.str();
  }
  if (leader_.empty()) {
    leader_ = id;
  }
  pending_.erase(id);
  update(members_.insert_or_assign(std::move(id), std::move(added)).first->second, request, std::move(ticket));
  return rebalance(moment);
}

void ClassicGroup::update(ClassicMember& member, const JoinGroupRequest& request, std::shared_ptr<PendingJoin> ticket) {
  member.session_timeout = milliseconds(request.session_timeout_ms);
  // Version 0 has only the one.
  member.rebalance_timeout =
      milliseconds(request.rebalance_timeout_ms < 0 ? request.session_timeout_ms : request.rebalance_timeout_ms);
  member.protocols.clear();
  for (const auto& offer : request.protocols) {
    const ByteView bytes = offer.metadata.view();
    member.protocols.push_back({offer.name.str(), Blob(Bytes(bytes.begin(), bytes.end()))});
  }
  if (member.join) {  // asked again by another connection: the first no longer counts
    member.join->answer(refused_join(ErrorCode::RebalanceInProgress, member.id));
  }
  member.join = std::move(ticket);
}

// A static member is back, under a new id.
ClassicGroup::MustWrite ClassicGroup::replace_member(const JoinGroupRequest& request, const Caller& caller,
                                                     std::string old_id, std::string new_id, const GroupOptions&,
                                                     Moment moment, std::shared_ptr<PendingJoin> ticket) {
  const std::string old_leader = leader_;
  ClassicMember& back = replace_static(old_id, std::move(new_id));
  back.client_id = caller.client_id;
  back.client_host = caller.client_host;
  update(back, request, std::move(ticket));
  begin_session(back, moment);
  switch (state_) {
    case State::Empty:
    case State::PreparingRebalance: return complete_if_all_joined(moment);
    case State::CompletingRebalance:
      // The leader may have been told the old id: its assignments would miss this member.
      return prepare_rebalance(moment);
    case State::Stable: break;
  }
  if (vote() != protocol_name_) {
    return rebalance(moment);
  }
  JoinGroupResponse answer = joined(back);
  const bool is_leader = back.id == leader_;
  if (caller.api_version >= first_version_with_skip_assignment) {
    answer.skip_assignment = is_leader;  // KIP-814
  } else {
    // Told that it leads, it would assign partitions that a stable group does not hear of.
    answer.leader = Text(old_leader);
    answer.members.clear();
  }
  std::exchange(back.join, nullptr)->answer(std::move(answer));
  return true;
}

ClassicMember& ClassicGroup::replace_static(std::string_view old_id, std::string new_id) {
  auto node = members_.extract(members_.find(old_id));
  ClassicMember& moved = node.mapped();
  if (moved.join) {
    std::exchange(moved.join, nullptr)->answer(refused_join(ErrorCode::FencedInstanceId, old_id));
  }
  if (moved.sync) {
    protocol::SyncGroupResponse answer;
    answer.error_code = static_cast<int16_t>(ErrorCode::FencedInstanceId);
    std::exchange(moved.sync, nullptr)->answer(std::move(answer));
  }
  if (leader_ == old_id) {
    leader_ = new_id;
  }
  if (const auto waiting = not_synced_.find(old_id); waiting != not_synced_.end()) {
    not_synced_.erase(waiting);
    not_synced_.insert(new_id);
  }
  static_ids_.insert_or_assign(*moved.instance_id, new_id);
  moved.id = new_id;
  moved.is_new = false;
  node.key() = std::move(new_id);
  return members_.insert(std::move(node)).position->second;
}

JoinGroupResponse ClassicGroup::joined(const ClassicMember& member) const {
  JoinGroupResponse answer;
  answer.generation_id = generation_;
  answer.protocol_type = Text::owned(protocol_type());
  answer.protocol_name = protocol_name_ ? std::optional(Text(*protocol_name_)) : std::nullopt;
  answer.leader = Text(leader_);
  answer.member_id = Text(member.id);
  if (member.id != leader_) {
    return answer;
  }
  for (const auto& [id, each] : members_) {
    auto& told = answer.members.emplace_back();
    told.member_id = Text(id);
    told.group_instance_id = each.instance_id ? std::optional(Text(*each.instance_id)) : std::nullopt;
    const ClassicMember::Protocol* chosen = each.protocol(protocol_name_.value_or(""));
    told.metadata = chosen == nullptr ? Blob() : chosen->metadata;
  }
  return answer;
}

}  // namespace odradek::coordinator
