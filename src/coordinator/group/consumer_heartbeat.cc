#include "coordinator/group/consumer_heartbeat.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "coordinator/group/topic_regex.h"

namespace odradek::coordinator {

using protocol::ErrorCode;

namespace {

// Who has to give up or waits for partitions asks again soon.
constexpr std::chrono::milliseconds reconciling_interval{250};

Assignment assignment_of(const std::vector<ConsumerHeartbeatRequest::TopicPartitions>& stated) {
  Assignment result;
  for (const auto& topic : stated) {
    result.push_back({.topic = TopicId(topic.topic_id), .partitions = topic.partitions});
  }
  return normalized(std::move(result));
}

ConsumerHeartbeatResponse::Assignment answer_of(const Assignment& assignment) {
  ConsumerHeartbeatResponse::Assignment result;
  for (const TopicPartitions& topic : assignment) {
    result.topic_partitions.push_back(
        {.topic_id = topic.topic.uuid(), .partitions = topic.partitions, .unknown_tags = {}});
  }
  return result;
}

int32_t interval_for(const ConsumerGroup& group, const ConsumerMember& member, const ConsumerContext& context) {
  const ConsumerOptions& options = context.options;
  std::chrono::milliseconds interval = options.heartbeat_interval;
  if (member.state != ConsumerMember::State::Stable || member.epoch != group.assignment_epoch()) {
    interval = std::min(interval, reconciling_interval);
  } else if (group.epoch() > group.assignment_epoch() ||
             context.wall_ms - group.assignment_timestamp() < 2 * options.assignment_interval.count()) {
    // Members rarely come or go alone: whoever has just been told something may soon be told more.
    interval = std::min(interval, std::max(options.assignment_interval, reconciling_interval));
  }
  return static_cast<int32_t>(interval.count());
}

// --- who it is --------------------------------------------------------------------------------------------------

std::optional<ConsumerHeartbeatResponse> check_epoch(const ConsumerMember& member,
                                                     const ConsumerHeartbeatRequest& request) {
  const int32_t stated = request.member_epoch;
  if (stated > member.epoch) {
    return refused(
        ErrorCode::FencedMemberEpoch,
        fmt::format("member epoch {} is ahead of {}: give up all partitions and join again", stated, member.epoch));
  }
  if (stated == member.epoch) {
    return std::nullopt;
  }
  // The answer that told the present epoch may have been lost.
  const bool is_previous = stated == member.previous_epoch && request.topic_partitions &&
                           difference(assignment_of(*request.topic_partitions), member.assigned.partitions()).empty();
  if (is_previous) {
    return std::nullopt;
  }
  return refused(
      ErrorCode::FencedMemberEpoch,
      fmt::format("member epoch {} is behind {}: give up all partitions and join again", stated, member.epoch));
}

ConsumerMember new_member(std::string_view id) {
  ConsumerMember member;
  member.id = std::string(id);
  return member;
}

// Finds the member, or makes it: logged already where it takes another's place. Errors in `refusal`.
std::optional<ConsumerMember> find_member(ConsumerStep& step, const ConsumerHeartbeatRequest& request,
                                          std::string_view id, std::optional<ConsumerHeartbeatResponse>& refusal) {
  const ConsumerGroup& group = step.group();
  const bool joins = request.member_epoch == joining_epoch;
  if (!request.instance_id) {
    const ConsumerMember* member = group.member(id);
    if (member == nullptr) {
      if (!joins) {
        refusal = refused(ErrorCode::UnknownMemberId, fmt::format("member {} is not in the group", id));
        return std::nullopt;
      }
      return new_member(id);
    }
    if (!joins) {
      refusal = check_epoch(*member, request);
    }
    return *member;
  }
  const ConsumerMember* member = group.static_member(*request.instance_id);
  if (joins) {
    if (member == nullptr) {
      return new_member(id);
    }
    if (member->id == id) {
      return *member;  // joins again
    }
    // A member of the classic protocol that is stopped for a while does not say so: whoever comes with its instance id
    // is that member, started again with the new protocol.
    if (member->epoch != static_leaving_epoch && !member->uses_classic_protocol()) {
      refusal = refused(ErrorCode::UnreleasedInstanceId,
                        fmt::format("instance id {} belongs to member {}", request.instance_id->view(), member->id));
      return std::nullopt;
    }
    ConsumerMember next = *member;
    next.id = std::string(id);
    next.epoch = joining_epoch;
    next.previous_epoch = joining_epoch;
    step.replace_static(std::string(member->id), next);
    return next;
  }
  if (member == nullptr) {
    refusal = refused(ErrorCode::UnknownMemberId,
                      fmt::format("instance id {} is not in the group", request.instance_id->view()));
    return std::nullopt;
  }
  if (member->id != id) {
    refusal = refused(ErrorCode::FencedInstanceId,
                      fmt::format("instance id {} belongs to member {}", request.instance_id->view(), member->id));
    return std::nullopt;
  }
  refusal = check_epoch(*member, request);
  return *member;
}

void update(ConsumerMember& member, const ConsumerHeartbeatRequest& request, const Caller& caller) {
  if (request.instance_id) {
    member.instance_id = request.instance_id->str();
  }
  if (request.rack_id) {
    member.rack_id = request.rack_id->str();
  }
  if (request.rebalance_timeout_ms != -1) {
    member.rebalance_timeout = std::chrono::milliseconds(request.rebalance_timeout_ms);
  }
  if (request.server_assignor) {
    member.assignor = request.server_assignor->str();
  }
  if (request.subscribed_topic_names) {
    member.topics.clear();
    for (const protocol::Text& topic : *request.subscribed_topic_names) {
      member.topics.push_back(topic.str());
    }
    std::ranges::sort(member.topics);
    member.topics.erase(std::ranges::unique(member.topics).begin(), member.topics.end());
  }
  if (request.subscribed_topic_regex) {
    member.regex = request.subscribed_topic_regex->str();
  }
  member.client_id = std::string(caller.client_id);
  member.client_host = std::string(caller.client_host);
  member.classic.reset();
}

bool is_full(const ConsumerHeartbeatRequest& request) {
  return request.member_epoch == joining_epoch ||
         (request.rebalance_timeout_ms != -1 && (request.subscribed_topic_names || request.subscribed_topic_regex) &&
          request.topic_partitions);
}

// As Java trims it.
bool is_blank(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}
bool is_blank(const std::optional<protocol::Text>& text) { return text && is_blank(text->view()); }

template <typename T>
bool states_another(const std::optional<protocol::Text>& stated, const std::optional<T>& known) {
  return stated && (!known || stated->view() != std::string_view(*known));
}

}  // namespace

ConsumerHeartbeatResponse refused(ErrorCode error, std::string message) {
  ConsumerHeartbeatResponse response;
  response.error_code = static_cast<int16_t>(error);
  response.error_message = std::move(message);
  return response;
}

std::optional<ConsumerHeartbeatResponse> check_heartbeat(const ConsumerHeartbeatRequest& request, int16_t api_version,
                                                         const ConsumerOptions& options) {
  const auto invalid = [](std::string_view why) { return refused(ErrorCode::InvalidRequest, std::string(why)); };
  const bool joins = request.member_epoch == joining_epoch;
  if (is_blank(request.group_id.view())) {
    return invalid("the group id is empty");
  }
  if (is_blank(request.instance_id)) {
    return invalid("the instance id is empty");
  }
  if (is_blank(request.rack_id)) {
    return invalid("the rack id is empty");
  }
  if (is_blank(request.member_id.view()) && (api_version >= 1 || !joins)) {
    return invalid("the member id is empty");
  }
  if (request.member_epoch < static_leaving_epoch) {
    return invalid("there is no such member epoch");
  }
  if (request.member_epoch == static_leaving_epoch && !request.instance_id) {
    return invalid("only a static member leaves for a while");
  }
  if (joins) {
    if (request.rebalance_timeout_ms == -1) {
      return invalid("who joins says its rebalance timeout");
    }
    if (!request.topic_partitions || !request.topic_partitions->empty()) {
      return invalid("who joins has no partitions, and says so");
    }
    if (!request.subscribed_topic_names && !request.subscribed_topic_regex) {
      return invalid("who joins says what it subscribes to");
    }
  }
  if (request.server_assignor &&
      std::ranges::find(options.assignors, request.server_assignor->view()) == options.assignors.end()) {
    return refused(ErrorCode::UnsupportedAssignor,
                   fmt::format("there is no assignor {}, only {}", request.server_assignor->view(),
                               fmt::join(options.assignors, ", ")));
  }
  return std::nullopt;
}

bool is_idle_heartbeat(const ConsumerGroup& group, const ConsumerHeartbeatRequest& request, const Caller& caller) {
  const ConsumerMember* member = group.member(request.member_id);
  if (member == nullptr || request.member_epoch <= 0 || member->epoch != request.member_epoch ||
      member->state != ConsumerMember::State::Stable || member->epoch != group.assignment_epoch() ||
      group.epoch() != group.assignment_epoch() || member->uses_classic_protocol()) {
    return false;
  }
  if (is_full(request) || request.subscribed_topic_names || request.rebalance_timeout_ms != -1) {
    return false;
  }
  // A static member need not say so again, but nobody else may say it is one.
  return !states_another(request.instance_id, member->instance_id) &&
         !states_another(request.rack_id, member->rack_id) &&
         !states_another(request.server_assignor, member->assignor) &&
         !states_another(request.subscribed_topic_regex, std::optional<std::string_view>(member->regex)) &&
         member->client_id == caller.client_id && member->client_host == caller.client_host;
}

ConsumerHeartbeatResponse idle_answer(const ConsumerGroup& group, const ConsumerHeartbeatRequest& request,
                                      const ConsumerContext& context) {
  ConsumerHeartbeatResponse response;
  response.member_id = request.member_id.view();
  response.member_epoch = request.member_epoch;
  response.heartbeat_interval_ms = interval_for(group, *group.member(request.member_id), context);
  return response;
}

ConsumerHeartbeatResponse heartbeat(ConsumerStep& step, const ConsumerHeartbeatRequest& request, const Caller& caller,
                                    std::string_view new_member_id) {
  const std::string_view id = request.member_id.empty() ? new_member_id : request.member_id.view();
  const ConsumerOptions& options = step.context().options;
  if (step.group().is_full_for(id, request.instance_id, options.size_max)) {
    return refused(ErrorCode::GroupMaxSizeReached, fmt::format("the group has its {} members", options.size_max));
  }
  std::optional<ConsumerHeartbeatResponse> refusal;
  std::optional<ConsumerMember> member = find_member(step, request, id, refusal);
  if (refusal) {
    return *std::move(refusal);
  }
  if (request.subscribed_topic_regex && !request.subscribed_topic_regex->empty()) {
    const Result<> checked = check_topic_regex(*request.subscribed_topic_regex);
    if (!checked) {
      return refused(ErrorCode::InvalidRegularExpression, checked.error().message);
    }
  }
  if (member->state == ConsumerMember::State::Unknown &&
      (!request.topic_partitions || !request.topic_partitions->empty())) {
    return refused(ErrorCode::FencedMemberEpoch, "the member is in a state of a later version: join again");
  }
  const bool is_new = step.group().member(id) == nullptr;
  const ConsumerMember before = *member;
  update(*member, request, caller);
  step.put_metadata(*member);
  const bool is_resubscribed = is_new || member->topics != before.topics || member->regex != before.regex;
  if (is_resubscribed || step.context().topics_changed || step.context().regexes_are_old) {
    const ConsumerGroup::Regexes resolved = step.group().regexes();
    step.refresh_regexes();
    step.bump_epoch(is_resubscribed || resolved != step.group().regexes());
  }
  step.assign();

  std::optional<Assignment> owned;
  if (request.topic_partitions) {
    owned = assignment_of(*request.topic_partitions);
  }
  const ConsumerMember& after = step.reconcile_member(id, owned);
  ConsumerHeartbeatResponse response;
  response.member_id = protocol::Text::owned(id);
  response.member_epoch = after.epoch;
  response.heartbeat_interval_ms = interval_for(step.group(), after, step.context());
  if (is_full(request) || before.assigned.partitions() != after.assigned.partitions()) {
    response.assignment = answer_of(after.assigned.partitions());
  }
  return response;
}

ConsumerHeartbeatResponse leave(ConsumerStep& step, const ConsumerHeartbeatRequest& request) {
  const ConsumerGroup& group = step.group();
  ConsumerHeartbeatResponse response;
  response.member_id = request.member_id.view();
  response.member_epoch = request.member_epoch;
  const ConsumerMember* member =
      request.instance_id ? group.static_member(*request.instance_id) : group.member(request.member_id);
  if (member == nullptr) {
    return refused(ErrorCode::UnknownMemberId, "the group has no such member");
  }
  if (member->id != request.member_id.view()) {
    return refused(ErrorCode::FencedInstanceId,
                   fmt::format("instance id {} belongs to member {}", request.instance_id->view(), member->id));
  }
  if (request.member_epoch == static_leaving_epoch) {
    ConsumerMember away = *member;
    away.epoch = static_leaving_epoch;
    // Whoever comes back for it may commit for what it had.
    away.assigned = away.assigned.given_at(0);
    away.pending_revocation = {};
    step.put_current(away);
    return response;
  }
  const std::string id = member->id;
  remove_members(step, std::span(&id, 1));
  return response;
}

void remove_members(ConsumerStep& step, std::span<const std::string> member_ids) {
  for (const std::string& id : member_ids) {
    step.remove_member(id);
  }
  step.refresh_regexes();
  step.bump_epoch(true);
}

}  // namespace odradek::coordinator
