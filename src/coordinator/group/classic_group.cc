// ClassicGroup: what it is, who belongs to it, and the calls of members that have joined. Joining is in
// classic_join.cc, generations are in classic_rebalance.cc.
#include "coordinator/group/classic_group.h"

#include <algorithm>
#include <utility>

#include "base/big_endian.h"
#include "coordinator/group/group_records.h"
#include "protocol/reader.h"
#include "protocol/records/consumer_protocol_subscription.h"

namespace odradek::coordinator {

using protocol::ErrorCode;
using protocol::GroupMetadataKey;
using protocol::GroupMetadataValue;
using protocol::SyncGroupResponse;
using protocol::Text;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view consumer_protocol = "consumer";

Blob owned(const Blob& bytes) {
  const ByteView view = bytes.view();
  return Blob(Bytes(view.begin(), view.end()));
}

// The topics that a consumer's metadata names; nothing if it is no such metadata. Nobody but clients needs to
// understand these bytes, so trouble with them is no error.
std::optional<std::vector<std::string>> topics_of(const Blob& metadata) {
  using Subscription = protocol::ConsumerProtocolSubscription;
  const ByteView bytes = metadata.view();
  if (bytes.size() < sizeof(int16_t)) {
    return std::nullopt;
  }
  // As version 0, whatever it says to be: later ones only add to the end, and some clients leave out what they add.
  protocol::Reader in(bytes.subspan(sizeof(int16_t)));
  const Result<Subscription> subscription = Subscription::decode(in, 0);
  if (!subscription) {
    return std::nullopt;
  }
  std::vector<std::string> topics;
  for (const Text& topic : subscription->topics) {
    topics.push_back(topic.str());
  }
  return topics;
}

std::optional<Text> text(const std::optional<std::string>& owned_text) {
  return owned_text ? std::optional(Text(*owned_text)) : std::nullopt;
}

bool is_inconsistent(const std::optional<Text>& asked, const std::optional<std::string>& ours) {
  return asked && ours && asked->view() != *ours;
}

}  // namespace

const ClassicMember::Protocol* ClassicMember::protocol(std::string_view name) const {
  const auto found = std::ranges::find(protocols, name, &Protocol::name);
  return found == protocols.end() ? nullptr : &*found;
}

ClassicGroup::~ClassicGroup() { dismiss(ErrorCode::NotCoordinator); }

void ClassicGroup::dismiss(ErrorCode why) {
  for (auto& [id, member] : members_) {
    if (member.join) {
      protocol::JoinGroupResponse answer;
      answer.error_code = static_cast<int16_t>(why);
      answer.member_id = id;
      member.join->answer(std::move(answer));
    }
    if (member.sync) {
      SyncGroupResponse answer;
      answer.error_code = static_cast<int16_t>(why);
      member.sync->answer(std::move(answer));
    }
  }
}

Result<std::unique_ptr<ClassicGroup>> ClassicGroup::revive(std::string id, ByteView stored, const GroupOptions& options,
                                                           Moment moment) {
  if (stored.size() < sizeof(int16_t)) {
    return fail(Errc::CorruptMessage, "a stored group without a version");
  }
  protocol::Reader in(stored.subspan(sizeof(int16_t)));
  TRY(const GroupMetadataValue value, GroupMetadataValue::decode(in, load_big_endian<int16_t>(stored.data())));
  auto group = std::make_unique<ClassicGroup>(std::move(id), value.current_state_timestamp);
  group->state_ = value.members.empty() ? State::Empty : State::Stable;
  group->previous_state_ = group->state_;
  group->generation_ = value.generation;
  group->initial_step_ = options.initial_rebalance_delay;
  if (!value.protocol_type.empty()) {
    group->protocol_type_ = value.protocol_type.str();
  }
  if (value.protocol) {
    group->protocol_name_ = value.protocol->str();
  }
  for (const GroupMetadataValue::MemberMetadata& stored_member : value.members) {
    ClassicMember member;
    member.id = stored_member.member_id.str();
    if (stored_member.group_instance_id) {
      member.instance_id = stored_member.group_instance_id->str();
    }
    member.client_id = stored_member.client_id.str();
    member.client_host = stored_member.client_host.str();
    member.session_timeout = milliseconds(stored_member.session_timeout);
    member.rebalance_timeout = milliseconds(stored_member.rebalance_timeout < 0 ? stored_member.session_timeout
                                                                                : stored_member.rebalance_timeout);
    member.protocols.push_back({group->protocol_name_.value_or(""), owned(stored_member.subscription)});
    member.assignment = owned(stored_member.assignment);
    group->put(std::move(member), moment);
  }
  if (value.leader && group->members_.contains(value.leader->view())) {
    group->leader_ = value.leader->str();
  }
  group->note_subscriptions();
  if (group->leader_.empty() && !group->members_.empty()) {
    // It came from the consumer protocol, and its members do not have all that they are owed.
    group->gather(moment);
  }
  return group;
}

std::unique_ptr<ClassicGroup> ClassicGroup::of_members(std::string id, std::vector<ClassicMember> members,
                                                       int32_t generation, const GroupOptions& options, Moment moment) {
  auto group = std::make_unique<ClassicGroup>(std::move(id), moment.wall_ms);
  group->state_ = State::Stable;
  group->previous_state_ = State::Stable;
  group->generation_ = generation;
  group->initial_step_ = options.initial_rebalance_delay;
  group->protocol_type_ = consumer_protocol;
  for (ClassicMember& member : members) {
    group->put(std::move(member), moment);
  }
  group->protocol_name_ = group->vote();
  group->note_subscriptions();
  return group;
}

void ClassicGroup::put(ClassicMember member, Moment moment) {
  if (member.instance_id) {
    static_ids_.insert_or_assign(*member.instance_id, member.id);
  }
  begin_session(member, moment);
  std::string member_id = member.id;
  members_.insert_or_assign(std::move(member_id), std::move(member));
}

void ClassicGroup::gather(Moment moment) {
  leader_ = members_.begin()->first;
  static_cast<void>(prepare_rebalance(moment));  // nobody has joined: there is nothing to write yet
}

std::string_view ClassicGroup::state_name() const {
  switch (state_) {
    case State::Empty: return "Empty";
    case State::PreparingRebalance: return "PreparingRebalance";
    case State::CompletingRebalance: return "CompletingRebalance";
    case State::Stable: return "Stable";
  }
  unreachable();
}

std::string_view ClassicGroup::protocol_type() const {
  return protocol_type_ ? std::string_view(*protocol_type_) : std::string_view();
}

ErrorCode ClassicGroup::check_commit(const Committer& committer) const {
  // Tools, and consumers that assign partitions to themselves, may commit while nobody else does.
  if (committer.generation_or_epoch < 0 && state_ == State::Empty) {
    return ErrorCode::None;
  }
  if (committer.generation_or_epoch < 0 && committer.member_id.empty() && !committer.instance_id) {
    return ErrorCode::UnknownMemberId;
  }
  const ErrorCode error = check_member(committer.member_id, committer.instance_id);
  if (error != ErrorCode::None) {
    return error;
  }
  if (committer.generation_or_epoch != generation_) {
    return ErrorCode::IllegalGeneration;
  }
  // Between a generation and its assignments nobody has anything to commit.
  return state_ == State::CompletingRebalance ? ErrorCode::RebalanceInProgress : ErrorCode::None;
}

ErrorCode ClassicGroup::check_fetch(std::optional<std::string_view>, int32_t) const { return ErrorCode::None; }

bool ClassicGroup::is_subscribed_to(std::string_view topic) const {
  if (subscribed_topics_) {
    return subscribed_topics_->contains(topic);
  }
  // Consumers whose metadata we do not understand may read anything.
  return protocol_type_ == consumer_protocol && !members_.empty();
}

OffsetExpiry ClassicGroup::offset_expiry() const {
  using From = OffsetExpiry::From;
  if (!protocol_type_) {
    return {.from = From::Commit};
  }
  if (state_ == State::Empty) {
    return state_since_ < 0 ? OffsetExpiry{.from = From::Commit}
                            : OffsetExpiry{.from = From::Moment, .moment = state_since_};
  }
  const bool knows_topics = protocol_type_ == consumer_protocol && subscribed_topics_ && state_ == State::Stable;
  return {.from = knows_topics ? From::Commit : From::Never};
}

void ClassicGroup::add_tombstones(std::vector<machine::LogRecord>& records) const {
  records.push_back(tombstone<ClassicGroupChange>({.group = Text(id_)}));
}

machine::LogRecord ClassicGroup::record() const {
  GroupMetadataValue value;
  value.protocol_type = Text(protocol_type());
  value.generation = generation_;
  value.protocol = text(protocol_name_);
  value.leader = leader_.empty() ? std::nullopt : std::optional(Text(std::string_view(leader_)));
  value.current_state_timestamp = state_since_;
  for (const auto& [id, member] : members_) {
    GroupMetadataValue::MemberMetadata& stored = value.members.emplace_back();
    stored.member_id = std::string_view(id);
    stored.group_instance_id = text(member.instance_id);
    stored.client_id = std::string_view(member.client_id);
    stored.client_host = std::string_view(member.client_host);
    stored.rebalance_timeout = static_cast<int32_t>(member.rebalance_timeout.count());
    stored.session_timeout = static_cast<int32_t>(member.session_timeout.count());
    const ClassicMember::Protocol* chosen = member.protocol(protocol_name_.value_or(""));
    stored.subscription = chosen == nullptr ? Blob() : chosen->metadata;
    stored.assignment = member.assignment;
  }
  return record_of(GroupMetadataKey{.group = Text(std::string_view(id_))}, std::move(value));
}

machine::LogRecord ClassicGroup::empty_record() const {
  GroupMetadataValue value;
  value.protocol.reset();
  value.leader.reset();
  value.current_state_timestamp = state_since_;
  return record_of(GroupMetadataKey{.group = Text(std::string_view(id_))}, std::move(value));
}

ErrorCode ClassicGroup::check_member(std::string_view member_id, std::optional<std::string_view> instance_id) const {
  if (instance_id) {
    const auto known = static_ids_.find(*instance_id);
    if (known == static_ids_.end()) {
      return ErrorCode::UnknownMemberId;
    }
    if (known->second != member_id) {
      return ErrorCode::FencedInstanceId;
    }
  }
  return members_.contains(member_id) ? ErrorCode::None : ErrorCode::UnknownMemberId;
}

ClassicMember* ClassicGroup::member(std::string_view id) {
  const auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}

void ClassicGroup::begin_session(ClassicMember& member, Moment moment) const {
  member.deadline = moment.now + member.session_timeout;
}

void ClassicGroup::remove(std::string_view member_id) {
  if (const auto pending = pending_.find(member_id); pending != pending_.end()) {
    pending_.erase(pending);
  }
  const auto found = members_.find(member_id);
  if (found == members_.end()) {
    return;
  }
  ClassicMember gone = std::move(found->second);
  members_.erase(found);
  if (const auto waiting = not_synced_.find(gone.id); waiting != not_synced_.end()) {
    not_synced_.erase(waiting);
  }
  if (gone.instance_id) {
    static_ids_.erase(*gone.instance_id);
  }
  if (leader_ == gone.id) {
    leader_ = members_.empty() ? std::string() : members_.begin()->first;
  }
  // Whoever still waits under this id has to join again.
  if (gone.join) {
    protocol::JoinGroupResponse answer;
    answer.error_code = static_cast<int16_t>(ErrorCode::UnknownMemberId);
    gone.join->answer(std::move(answer));
  }
  if (gone.sync) {
    SyncGroupResponse answer;
    answer.error_code = static_cast<int16_t>(ErrorCode::UnknownMemberId);
    gone.sync->answer(std::move(answer));
  }
}

bool ClassicGroup::sync(const protocol::SyncGroupRequest& request, Moment moment, std::shared_ptr<PendingSync> ticket) {
  const auto refuse = [&ticket](ErrorCode error) {
    SyncGroupResponse answer;
    answer.error_code = static_cast<int16_t>(error);
    ticket->answer(std::move(answer));
    return false;
  };
  const auto instance = request.group_instance_id ? std::optional(request.group_instance_id->view()) : std::nullopt;
  const ErrorCode error = check_member(request.member_id, instance);
  if (error != ErrorCode::None) {
    return refuse(error);
  }
  if (request.generation_id != generation_) {
    return refuse(ErrorCode::IllegalGeneration);
  }
  if (is_inconsistent(request.protocol_type, protocol_type_) ||
      is_inconsistent(request.protocol_name, protocol_name_)) {
    return refuse(ErrorCode::InconsistentGroupProtocol);
  }
  ClassicMember& caller = *member(request.member_id);
  switch (state_) {
    case State::Empty: return refuse(ErrorCode::UnknownMemberId);
    case State::PreparingRebalance: return refuse(ErrorCode::RebalanceInProgress);
    case State::CompletingRebalance: break;
    case State::Stable: {
      not_synced_.erase(caller.id);
      begin_session(caller, moment);
      SyncGroupResponse answer;
      answer.protocol_type = text(protocol_type_);
      answer.protocol_name = text(protocol_name_);
      answer.assignment = caller.assignment;
      ticket->answer(std::move(answer));
      return false;
    }
  }
  if (caller.sync) {  // asked again by another connection
    SyncGroupResponse answer;
    answer.error_code = static_cast<int16_t>(ErrorCode::RebalanceInProgress);
    caller.sync->answer(std::move(answer));
  }
  caller.sync = std::move(ticket);
  not_synced_.erase(caller.id);
  return caller.id == leader_;
}

void ClassicGroup::set_assignments(const protocol::SyncGroupRequest& request) {
  for (auto& [id, member] : members_) {
    member.assignment = Blob();
  }
  for (const auto& given : request.assignments) {
    if (ClassicMember* of = member(given.member_id)) {
      of->assignment = owned(given.assignment);
    }
  }
}

void ClassicGroup::set_assignment(std::string_view member_id, Blob assignment) {
  member(member_id)->assignment = std::move(assignment);
}

void ClassicGroup::assign(Moment moment) {
  answer_syncs(ErrorCode::None, moment);
  become(State::Stable, moment);
}

ClassicGroup::MustWrite ClassicGroup::reject_assignments(ErrorCode why, Moment moment) {
  for (auto& [id, member] : members_) {
    member.assignment = Blob();
  }
  answer_syncs(why, moment);
  return rebalance(moment);
}

void ClassicGroup::answer_syncs(ErrorCode error, Moment moment) {
  for (auto& [id, member] : members_) {
    if (!member.sync) {
      continue;
    }
    SyncGroupResponse answer;
    answer.error_code = static_cast<int16_t>(error);
    if (error == ErrorCode::None) {
      answer.protocol_type = text(protocol_type_);
      answer.protocol_name = text(protocol_name_);
      answer.assignment = member.assignment;
    }
    std::exchange(member.sync, nullptr)->answer(std::move(answer));
    begin_session(member, moment);  // it did not run out while the member waited
  }
}

ErrorCode ClassicGroup::heartbeat(std::string_view member_id, std::optional<std::string_view> instance_id,
                                  int32_t generation, Moment moment) {
  const ErrorCode error = check_member(member_id, instance_id);
  if (error != ErrorCode::None) {
    return error;
  }
  if (generation != generation_) {
    return ErrorCode::IllegalGeneration;
  }
  if (state_ == State::Empty) {
    return ErrorCode::UnknownMemberId;
  }
  begin_session(*member(member_id), moment);
  return state_ == State::PreparingRebalance ? ErrorCode::RebalanceInProgress : ErrorCode::None;
}

void ClassicGroup::note_commit(std::string_view member_id, Moment moment) {
  ClassicMember* committing = member(member_id);
  if (committing != nullptr && (state_ == State::Stable || state_ == State::PreparingRebalance)) {
    begin_session(*committing, moment);
  }
}

ErrorCode ClassicGroup::leave(std::string_view member_id, std::optional<std::string_view> instance_id) {
  if (member_id.empty()) {  // an administrator names the instance alone
    const auto known = instance_id ? static_ids_.find(*instance_id) : static_ids_.end();
    if (known == static_ids_.end()) {
      return ErrorCode::UnknownMemberId;
    }
    remove(std::string(known->second));
    return ErrorCode::None;
  }
  if (!pending_.contains(member_id)) {
    const ErrorCode error = check_member(member_id, instance_id);
    if (error != ErrorCode::None) {
      return error;
    }
  }
  remove(member_id);
  return ErrorCode::None;
}

void ClassicGroup::become(State state, Moment moment) {
  previous_state_ = state_;
  state_ = state;
  state_since_ = moment.wall_ms;
}

void ClassicGroup::note_subscriptions() {
  subscribed_topics_.reset();
  if (protocol_type_ != consumer_protocol) {
    return;
  }
  std::set<std::string, std::less<>> topics;
  for (const auto& [id, member] : members_) {
    const ClassicMember::Protocol* chosen = member.protocol(protocol_name_.value_or(""));
    auto of_member = chosen == nullptr ? std::nullopt : topics_of(chosen->metadata);
    if (!of_member) {
      return;
    }
    topics.insert(std::make_move_iterator(of_member->begin()), std::make_move_iterator(of_member->end()));
  }
  subscribed_topics_ = std::move(topics);
}

}  // namespace odradek::coordinator
