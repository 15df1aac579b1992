#include "coordinator/group/mixed_group.h"

#include <algorithm>
#include <expected>
#include <optional>
#include <utility>
#include <vector>

#include "coordinator/group/consumer_calls.h"
#include "coordinator/group/consumer_protocol.h"
#include "coordinator/group/protocol_change.h"
#include "runtime/shard.h"

namespace odradek::coordinator {

using machine::Decision;
using machine::LogRecord;
using protocol::ErrorCode;
using protocol::HeartbeatRequest;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;
using protocol::Text;

namespace {

constexpr int16_t first_version_with_required_ids = 4;  // of JoinGroup (KIP-394)

std::expected<const ConsumerMember*, ErrorCode> find_member(const ConsumerGroup& group, std::string_view member_id,
                                                            const std::optional<Text>& instance_id) {
  const ConsumerMember* member = instance_id ? group.static_member(*instance_id) : group.member(member_id);
  if (member == nullptr) {
    return std::unexpected(ErrorCode::UnknownMemberId);
  }
  if (member->id != member_id) {
    return std::unexpected(ErrorCode::FencedInstanceId);
  }
  if (!member->uses_classic_protocol()) {
    return std::unexpected(ErrorCode::UnknownMemberId);
  }
  return member;
}

// It has to join again, and in time.
ErrorCode ask_to_join(GroupPartition& partition, const ConsumerGroup& group, const ConsumerMember& member) {
  const auto until = runtime::Shard::current().now() + member.rebalance_timeout;
  partition.consumer_sessions().must_give_up(group.id(), member.id, {.epoch = member.epoch}, until);
  partition.arm(group.id(), until);
  return ErrorCode::RebalanceInProgress;
}

bool waits_for_others(const ConsumerGroup& group, const ConsumerMember& member) {
  for (const TopicPartitions& topic : difference(group.target(member.id), member.assigned.partitions())) {
    for (const int32_t partition : topic.partitions) {
      if (group.owner_epoch(topic.topic, partition) != -1) {
        return true;
      }
    }
  }
  return false;
}

// Every classic member of the group knows one of these.
bool supports(const ConsumerGroup& group, const JoinGroupRequest& request) {
  if (request.protocol_type != "consumer" || request.protocols.empty()) {
    return false;
  }
  return std::ranges::any_of(request.protocols, [&](const auto& asked) {
    return std::ranges::all_of(group.members(), [&](const auto& entry) {
      const auto& classic = entry.second->classic;
      return !classic || std::ranges::find(classic->supported, asked.name.view(), [](const auto& one) {
                           return std::string_view(one.name);
                         }) != classic->supported.end();
    });
  });
}

// The member that joins, in place already where it takes another's; or why it may not.
std::expected<ConsumerMember, ErrorCode> joining_member(ConsumerStep& step, const JoinGroupRequest& request,
                                                        const std::string& id) {
  ConsumerMember fresh;
  fresh.id = id;
  if (!request.group_instance_id) {
    const ConsumerMember* known = step.group().member(id);
    return known == nullptr ? fresh : *known;
  }
  const ConsumerMember* known = step.group().static_member(*request.group_instance_id);
  if (known == nullptr) {
    if (!request.member_id.empty()) {
      return std::unexpected(ErrorCode::UnknownMemberId);
    }
    return fresh;
  }
  if (known->id == id) {
    return *known;
  }
  if (!request.member_id.empty()) {
    return std::unexpected(ErrorCode::FencedInstanceId);
  }
  // A static member that was started again: nobody has to leave first.
  ConsumerMember next = *known;
  next.id = id;
  next.epoch = joining_epoch;
  next.previous_epoch = joining_epoch;
  step.replace_static(std::string(known->id), next);
  return next;
}

bool update(ConsumerMember& member, const JoinGroupRequest& request, const Caller& caller,
            const protocol::ConsumerProtocolSubscription& subscription) {
  const std::vector<std::string> before = std::exchange(member.topics, {});
  for (const Text& topic : subscription.topics) {
    member.topics.push_back(topic.str());
  }
  std::ranges::sort(member.topics);
  member.topics.erase(std::ranges::unique(member.topics).begin(), member.topics.end());
  if (request.group_instance_id) {
    member.instance_id = request.group_instance_id->str();
  }
  if (subscription.rack_id) {
    member.rack_id = subscription.rack_id->str();
  }
  // Before version 1 the session timeout was both.
  member.rebalance_timeout = std::chrono::milliseconds(request.rebalance_timeout_ms >= 0 ? request.rebalance_timeout_ms
                                                                                         : request.session_timeout_ms);
  member.assignor.reset();
  const bool had_regex = !std::exchange(member.regex, {}).empty();
  member.client_id = std::string(caller.client_id);
  member.client_host = std::string(caller.client_host);
  member.classic =
      ClassicProtocols{.session_timeout = std::chrono::milliseconds(request.session_timeout_ms), .supported = {}};
  for (const JoinGroupRequest::JoinGroupRequestProtocol& one : request.protocols) {
    const ByteView metadata = one.metadata.view();
    member.classic->supported.push_back({.name = one.name.str(), .metadata = Bytes(metadata.begin(), metadata.end())});
  }
  return had_regex || before != member.topics;
}

}  // namespace

const ConsumerGroup* find_mixed_group(const GroupState& state, std::string_view id) {
  const ConsumerGroup* group = state.consumer_group(id);
  return group == nullptr || group->is_empty() ? nullptr : group;
}

Decision<JoinGroupResponse> join_mixed_group(GroupPartition& partition, const ConsumerGroup& group,
                                             const JoinGroupRequest& request, const Caller& caller,
                                             const std::string& new_member_id) {
  const auto refuse = [&](ErrorCode error) -> Decision<JoinGroupResponse> {
    return {.records = {}, .reply = refused_join(error, request.member_id)};
  };
  const std::shared_ptr<const ConsumerOptions> options = partition.consumer_options(group.id());
  if (!options->may_upgrade() && !options->may_downgrade()) {
    return {.records = {}, .reply = refused_join(ErrorCode::InconsistentGroupProtocol, "")};
  }
  const std::string id = request.member_id.empty() ? new_member_id : request.member_id.str();
  if (group.is_full_for(id, request.group_instance_id, options->size_max)) {
    return refuse(ErrorCode::GroupMaxSizeReached);
  }
  if (!supports(group, request)) {
    return refuse(ErrorCode::InconsistentGroupProtocol);
  }
  if (request.member_id.empty() && !request.group_instance_id &&
      caller.api_version >= first_version_with_required_ids) {
    return {.records = {}, .reply = refused_join(ErrorCode::MemberIdRequired, id)};
  }
  const auto subscription = read_subscription(request.protocols.front().metadata.view());
  if (!subscription) {
    return refuse(ErrorCode::InconsistentGroupProtocol);
  }
  const ConsumerContext context = context_of(partition, group.id(), *options);
  ConsumerStep step(&group, group.id(), context);
  auto member = joining_member(step, request, id);
  if (!member) {
    return refuse(member.error());
  }
  const bool is_new = step.group().member(id) == nullptr;
  const bool is_resubscribed = update(*member, request, caller, *subscription) || is_new;
  step.put_metadata(*member);
  if (is_resubscribed || context.topics_changed) {
    step.refresh_regexes();
    step.bump_epoch(is_resubscribed);
  }
  step.assign();
  const ConsumerMember& after = step.reconcile_member(id, by_id(subscription->owned_partitions, context.image));

  JoinGroupResponse answer;
  answer.member_id = Text::owned(id);
  answer.generation_id = after.epoch;
  answer.protocol_type = Text("consumer");
  answer.protocol_name = Text::owned(after.classic->supported.front().name);
  note_member(partition, step.group(), id, *options);
  partition.consumer_sessions().has_given_up(group.id(), id);
  const runtime::MonotonicTime now = runtime::Shard::current().now();
  partition.consumer_sessions().must_sync(group.id(), id, now + after.rebalance_timeout);
  partition.arm(group.id(), now + std::min(after.classic->session_timeout, after.rebalance_timeout));
  std::vector<LogRecord> records;
  if (request.group_instance_id && downgrade_if_all_classic(partition, step, records, *options, id)) {
    // From now on there is one protocol for all.
    answer.protocol_name = Text::owned(partition.classic(group.id())->protocol_name().value_or(""));
  } else {
    records = step.take_records();
  }
  return {.records = std::move(records), .reply = std::move(answer)};
}

SyncGroupResponse sync_mixed_group(GroupPartition& partition, const ConsumerGroup& group,
                                   const SyncGroupRequest& request) {
  SyncGroupResponse answer;
  const auto refuse = [&](ErrorCode error) {
    answer.error_code = static_cast<int16_t>(error);
    return answer;
  };
  const auto member = find_member(group, request.member_id, request.group_instance_id);
  if (!member) {
    return refuse(member.error());
  }
  const ConsumerMember& known = **member;
  if (known.classic->supported.empty()) {
    return refuse(ErrorCode::UnknownMemberId);  // a record says so that no broker has written
  }
  const ClassicProtocols::Protocol& protocol = known.classic->supported.front();
  if (request.generation_id != known.epoch) {
    return refuse(ErrorCode::IllegalGeneration);
  }
  if ((request.protocol_type && *request.protocol_type != "consumer") ||
      (request.protocol_name && request.protocol_name->view() != protocol.name)) {
    return refuse(ErrorCode::InconsistentGroupProtocol);
  }
  // A target to come is no reason: whoever comes for it has to wait, and would read nothing meanwhile.
  if (known.epoch < group.assignment_epoch() && known.state != ConsumerMember::State::UnrevokedPartitions) {
    return refuse(ask_to_join(partition, group, known));
  }
  answer.protocol_type = Text("consumer");
  answer.protocol_name = Text::owned(protocol.name);
  answer.assignment =
      Blob(write_assignment(known.assigned.partitions(), partition.image(), stated_version(protocol.metadata)));
  partition.consumer_sessions().heard_of(group.id(), known.id,
                                         runtime::Shard::current().now() + known.classic->session_timeout);
  partition.consumer_sessions().has_synced(group.id(), known.id);
  return answer;
}

ErrorCode heartbeat_mixed_group(GroupPartition& partition, const ConsumerGroup& group,
                                const HeartbeatRequest& request) {
  const auto member = find_member(group, request.member_id, request.group_instance_id);
  if (!member) {
    return member.error();
  }
  const ConsumerMember& known = **member;
  if (request.generation_id != known.epoch) {
    return ErrorCode::IllegalGeneration;
  }
  partition.consumer_sessions().heard_of(group.id(), known.id,
                                         runtime::Shard::current().now() + known.classic->session_timeout);
  const bool can_get_more =
      known.state == ConsumerMember::State::UnreleasedPartitions && !waits_for_others(group, known);
  // Targets are computed when somebody joins, or a member of the consumer protocol is heard of.
  const bool is_target_up_to_members = group.epoch() > group.assignment_epoch() && group.is_all_classic_without("");
  if (known.epoch < group.assignment_epoch() || is_target_up_to_members ||
      known.state == ConsumerMember::State::UnrevokedPartitions || can_get_more) {
    return ask_to_join(partition, group, known);
  }
  return ErrorCode::None;
}

Decision<LeaveGroupResponse> leave_mixed_group(GroupPartition& partition, const ConsumerGroup& group,
                                               const LeaveGroupRequest& request) {
  LeaveGroupResponse answer;
  std::vector<std::string> gone;
  for (const LeaveGroupRequest::MemberIdentity& identity : request.members) {
    const ConsumerMember* member = identity.group_instance_id ? group.static_member(*identity.group_instance_id)
                                                              : group.member(identity.member_id);
    // An administrator names static members by their instance alone, and may name members of either protocol.
    const bool is_by_instance = identity.group_instance_id && identity.member_id.empty();
    ErrorCode error = ErrorCode::None;
    if (member == nullptr) {
      error = ErrorCode::UnknownMemberId;
    } else if (!is_by_instance && member->id != identity.member_id.view()) {
      error = ErrorCode::FencedInstanceId;
    } else if (std::ranges::find(gone, member->id) == gone.end()) {
      gone.push_back(member->id);
    }
    auto& told = answer.members.emplace_back();
    told.member_id = Text::owned(identity.member_id);
    told.group_instance_id =
        identity.group_instance_id ? std::optional(Text::owned(*identity.group_instance_id)) : std::nullopt;
    told.error_code = static_cast<int16_t>(error);
  }
  if (gone.empty()) {
    return {.records = {}, .reply = std::move(answer)};
  }
  const std::shared_ptr<const ConsumerOptions> options = partition.consumer_options(group.id());
  const ConsumerContext context = context_of(partition, group.id(), *options);
  ConsumerStep step(&group, group.id(), context);
  remove_members(step, gone);
  for (const std::string& id : gone) {
    partition.consumer_sessions().forget(group.id(), id);
  }
  std::vector<LogRecord> records;
  if (!downgrade_if_all_classic(partition, step, records, *options)) {
    records = step.take_records();
  }
  return {.records = std::move(records), .reply = std::move(answer)};
}

}  // namespace odradek::coordinator
