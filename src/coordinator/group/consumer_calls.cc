#include "coordinator/group/consumer_calls.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "coordinator/group/protocol_change.h"
#include "runtime/shard.h"
#include "runtime/wait.h"

namespace odradek::coordinator {

using machine::Decision;
using machine::LogRecord;
using protocol::ErrorCode;
using DescribedGroup = protocol::ConsumerGroupDescribeResponse::DescribedGroup;
using protocol::Text;

namespace {

const ConsumerGroup* find_group(const GroupState& state, std::string_view id) {
  const ConsumerGroup* group = state.consumer_group(id);
  return group != nullptr && group->exists() ? group : nullptr;
}

void arm(GroupPartition& partition, std::string_view group) {
  if (const auto due = partition.consumer_sessions().next_deadline(group)) {
    partition.arm(group, *due);
  }
}

// The expressions that a decision about a heartbeat wants matched.
struct WantedMatches {
  std::vector<std::string> expressions;
  bool has_new = false;  // one that the request brings
};

WantedMatches wanted_by(GroupPartition& partition, const ConsumerHeartbeatRequest& request,
                        const ConsumerOptions& options) {
  WantedMatches wanted;
  const ConsumerGroup* group = find_group(partition.state(), request.group_id);
  const bool is_member = group != nullptr && group->member(request.member_id) != nullptr;
  if (request.member_epoch < joining_epoch || (request.member_epoch > joining_epoch && !is_member)) {
    return wanted;  // it leaves, or will be refused
  }
  if (group != nullptr) {
    wanted.expressions =
        group->regexes_to_match(context_of(partition, request.group_id, options).may_match_otherwise());
  }
  const std::string_view asked = request.subscribed_topic_regex ? request.subscribed_topic_regex->view() : "";
  wanted.has_new = !asked.empty() && (group == nullptr || !group->regexes().contains(asked));
  if (wanted.has_new && !std::ranges::binary_search(wanted.expressions, asked)) {
    wanted.expressions.emplace_back(asked);
  }
  return wanted;
}

// A member that waits for us is not silent.
void keep_session(GroupPartition& partition, const ConsumerHeartbeatRequest& request, const ConsumerOptions& options) {
  const ConsumerGroup* group = find_group(partition.state(), request.group_id);
  const auto session_end = runtime::Shard::current().now() + options.session_timeout;
  if (group != nullptr && group->member(request.member_id) != nullptr &&
      partition.consumer_sessions().heard_of(request.group_id, request.member_id, session_end)) {
    arm(partition, request.group_id);
  }
}

// What was matched for a decision. The turn is held until that is taken, so that the next one need not match it again.
struct Matching {
  std::shared_ptr<runtime::Turnstile> turns;
  std::optional<runtime::Turnstile::Turn> turn;
  TopicMatches matches;
};

// Others run meanwhile: an expression may take milliseconds for each of thousands of topics. While one member's
// heartbeat does this those of the others go on without, unless they bring an expression. Not all are matched where the
// partition went.
runtime::Task<Matching> match_for(GroupPartition& partition, const ConsumerHeartbeatRequest& request,
                                  const ConsumerOptions& options) {
  Matching matching;
  WantedMatches wanted = wanted_by(partition, request, options);
  if (wanted.expressions.empty()) {
    co_return matching;
  }
  matching.turns = partition.matching_turns(request.group_id);
  if (matching.turns->is_taken() && !wanted.has_new) {
    co_return matching;
  }
  keep_session(partition, request, options);
  matching.turn = co_await matching.turns->acquire();
  if (partition.availability() != ErrorCode::None) {
    co_return matching;
  }
  wanted = wanted_by(partition, request, options);  // less, if who had the turn before matched the same
  const metadata::SharedImage image = partition.shared_image();
  const std::vector<const metadata::TopicImage*> topics = image->topics_by_name();
  matching.matches.position = image->position().offset.raw();
  for (const std::string& expression : wanted.expressions) {
    if (!matching.matches.topics.empty()) {
      co_await runtime::yield();
    }
    TopicSearch search(expression, topics);
    while (!search.look_on()) {
      co_await runtime::yield();
      if (partition.availability() != ErrorCode::None) {
        co_return matching;
      }
      keep_session(partition, request, options);
    }
    matching.matches.topics.emplace(expression, search.take_names());
  }
  co_return matching;
}

bool is_error(const ConsumerHeartbeatResponse& response) { return response.error_code != 0; }

Decision<ConsumerHeartbeatResponse> decide(GroupPartition& partition, const GroupState& state,
                                           const ConsumerHeartbeatRequest& request, const Caller& caller,
                                           const ConsumerOptions& options, const TopicMatches& matches) {
  const std::string_view id = request.group_id;
  ConsumerContext context = context_of(partition, id, options);
  context.matches = &matches;
  const ConsumerGroup* group = find_group(state, id);
  const bool joins = request.member_epoch == joining_epoch;
  std::vector<LogRecord> records;
  ConsumerStep step(group, id, context);

  ClassicGroup* classic = group == nullptr ? partition.classic(id) : nullptr;
  if (group == nullptr && (!joins || !may_replace(classic, options))) {
    return {.records = {}, .reply = refused(ErrorCode::GroupIdNotFound, "there is no consumer group of this name")};
  }
  if (classic != nullptr && !upgrade(*classic, step, records)) {
    return {.records = {},
            .reply = refused(ErrorCode::GroupIdNotFound, "the classic group's members are no consumers")};
  }
  const std::string new_id =
      request.member_id.empty() ? fmt::format("{}", runtime::Shard::current().random().uuid()) : std::string();
  const std::string member_id = request.member_id.empty() ? new_id : request.member_id.str();
  ConsumerHeartbeatResponse reply =
      request.member_epoch < 0 ? leave(step, request) : heartbeat(step, request, caller, new_id);
  if (is_error(reply)) {
    return {.records = {}, .reply = std::move(reply)};
  }
  if (request.member_epoch == leaving_epoch && downgrade_if_all_classic(partition, step, records, options)) {
    return {.records = std::move(records), .reply = std::move(reply)};
  }
  for (LogRecord& record : step.take_records()) {
    records.push_back(std::move(record));
  }
  if (!partition.fits(records)) {  // it will be refused, and nothing may have changed
    return {.records = std::move(records), .reply = std::move(reply)};
  }
  if (classic != nullptr) {
    classic->dismiss(ErrorCode::RebalanceInProgress);
    partition.drop_classic(id);
    for (const auto& [other, member] : step.group().members()) {
      note_member(partition, step.group(), other, options);
    }
  }
  note_member(partition, step.group(), member_id, options);
  // When a static member goes for a while, the group looks at nothing. What lacks matches is looked at again.
  if (request.member_epoch != static_leaving_epoch && !step.lacks_matches()) {
    ConsumerSessions::GroupNotes notes = partition.consumer_sessions().notes(id);
    notes.topics_seen = matches.topics.empty() ? context.image.position().offset.raw() : matches.position;
    if (context.may_match_otherwise() || joins) {
      notes.regexes_seen_ms = context.wall_ms;
    }
    partition.consumer_sessions().note(id, notes);
  }
  arm(partition, id);
  return {.records = std::move(records), .reply = std::move(reply)};
}

}  // namespace

ConsumerContext context_of(GroupPartition& partition, std::string_view group, const ConsumerOptions& options) {
  const ConsumerSessions::GroupNotes notes = partition.consumer_sessions().notes(group);
  const int64_t now = runtime::Shard::current().wall_now();
  return {.image = partition.image(),
          .options = options,
          .wall_ms = now,
          .topics_changed = notes.topics_seen < partition.topics_changed_at(),
          .regexes_are_old = now - notes.regexes_seen_ms >= options.regex_refresh_interval.count()};
}

void note_member(GroupPartition& partition, const ConsumerGroup& group, std::string_view member_id,
                 const ConsumerOptions& options) {
  ConsumerSessions& sessions = partition.consumer_sessions();
  const ConsumerMember* member = group.member(member_id);
  if (member == nullptr) {
    sessions.forget(group.id(), member_id);
    return;
  }
  const auto now = runtime::Shard::current().now();
  const auto session = member->classic ? member->classic->session_timeout : options.session_timeout;
  if (member->epoch != static_leaving_epoch || !sessions.has(group.id(), member_id)) {
    sessions.heard_of(group.id(), member_id, now + session);
  }
  if (member->instance_id) {
    // It may have taken another's place.
    for (const std::string& other : sessions.members(group.id())) {
      if (group.member(other) == nullptr) {
        sessions.forget(group.id(), other);
      }
    }
  }
  if (member->state == ConsumerMember::State::UnrevokedPartitions && member->rebalance_timeout.count() >= 0) {
    sessions.must_give_up(group.id(), member_id, {.epoch = member->epoch, .kept = member->assigned.size()},
                          now + member->rebalance_timeout);
  } else {
    sessions.has_given_up(group.id(), member_id);
  }
}

runtime::Task<Answer<ConsumerHeartbeatResponse>> consumer_heartbeat(std::shared_ptr<GroupPartition> partition,
                                                                    const ConsumerHeartbeatRequest& request,
                                                                    Caller caller) {
  const std::shared_ptr<const ConsumerOptions> options = partition->consumer_options(request.group_id);
  if (std::optional<ConsumerHeartbeatResponse> invalid = check_heartbeat(request, caller.api_version, *options)) {
    co_return *std::move(invalid);
  }
  const ConsumerGroup* group = find_group(partition->state(), request.group_id);
  if (group != nullptr && is_idle_heartbeat(*group, request, caller)) {
    const ConsumerContext context = context_of(*partition, request.group_id, *options);
    if (!context.topics_changed && (!context.regexes_are_old || group->regexes().empty())) {
      const bool is_sooner = partition->consumer_sessions().heard_of(
          request.group_id, request.member_id, runtime::Shard::current().now() + options->session_timeout);
      if (is_sooner) {
        arm(*partition, request.group_id);
      }
      ConsumerHeartbeatResponse answer = idle_answer(*group, request, context);
      if (!partition->is_settled()) {
        const Result<> settled = co_await partition->settled();
        if (!settled) {
          co_return std::unexpected(code_of(settled.error()));
        }
      }
      co_return answer;
    }
  }
  Matching matching = co_await match_for(*partition, request, *options);
  auto decided = co_await partition->execute([&](const GroupState& state) {
    auto decision = decide(*partition, state, request, caller, *options, matching.matches);
    matching.turn.reset();
    return decision;
  });
  if (!decided) {
    co_return std::unexpected(code_of(decided.error()));
  }
  co_return *std::move(decided);
}

runtime::Task<void> look_at_consumer_group(std::shared_ptr<GroupPartition> partition, std::string group_id) {
  const std::shared_ptr<const ConsumerOptions> options = partition->consumer_options(group_id);
  [[maybe_unused]] const Result<bool> done =
      co_await partition->execute([&](const GroupState& state) -> Decision<bool> {
        ConsumerSessions& sessions = partition->consumer_sessions();
        const ConsumerGroup* group = find_group(state, group_id);
        if (group == nullptr) {
          sessions.forget(group_id);
          return {.records = {}, .reply = true};
        }
        // Those the log told of, but whom we have not heard of since we lead it.
        for (const auto& [id, member] : group->members()) {
          if (!sessions.has(group_id, id)) {
            note_member(*partition, *group, id, *options);
          }
        }
        std::vector<std::string> gone;
        for (const std::string& id : sessions.overdue(group_id, runtime::Shard::current().now())) {
          if (group->member(id) != nullptr) {
            gone.push_back(id);
          } else {
            sessions.forget(group_id, id);
          }
        }
        std::vector<LogRecord> records;
        while (!gone.empty()) {
          const ConsumerContext context = context_of(*partition, group_id, *options);
          ConsumerStep step(group, group_id, context);
          remove_members(step, gone);
          if (downgrade_if_all_classic(*partition, step, records, *options)) {
            return {.records = std::move(records), .reply = true};
          }
          records = step.take_records();
          if (gone.size() == 1 || partition->fits(records)) {
            break;
          }
          gone.resize(gone.size() / 2);  // the others stay overdue, and go next
        }
        for (const std::string& id : gone) {
          sessions.forget(group_id, id);
        }
        arm(*partition, group_id);
        return {.records = std::move(records), .reply = true};
      });
}

// --- describing -------------------------------------------------------------------------------------------------

namespace {

using DescribedAssignment = protocol::ConsumerGroupDescribeResponse::Assignment;

DescribedAssignment describe(const Assignment& assignment, const metadata::MetadataImage& image) {
  DescribedAssignment result;
  for (const TopicPartitions& topic : assignment) {
    const metadata::TopicImage* known = image.topic(topic.topic);
    if (known != nullptr) {
      auto& told = result.topic_partitions.emplace_back();
      told.topic_id = topic.topic.uuid();
      told.topic_name = Text::owned(known->name);
      told.partitions = topic.partitions;
    }
  }
  return result;
}

std::optional<Text> owned(const std::optional<std::string>& text) {
  return text ? std::optional(Text::owned(*text)) : std::nullopt;
}

DescribedGroup describe(const ConsumerGroup& group, const ConsumerOptions& options,
                        const metadata::MetadataImage& image) {
  DescribedGroup result;
  result.group_id = Text::owned(group.id());
  result.group_state = group.state_name();
  result.group_epoch = group.epoch();
  result.assignment_epoch = group.assignment_epoch();
  result.assignor_name = Text::owned(group.preferred_assignor().value_or(options.assignors.front()));
  for (const auto& [id, member] : group.members()) {
    auto& told = result.members.emplace_back();
    told.member_id = Text::owned(id);
    told.instance_id = owned(member->instance_id);
    told.rack_id = owned(member->rack_id);
    told.member_epoch = member->epoch;
    told.client_id = Text::owned(member->client_id);
    told.client_host = Text::owned(member->client_host);
    for (const std::string& topic : member->topics) {
      told.subscribed_topic_names.push_back(Text::owned(topic));
    }
    told.subscribed_topic_regex = Text::owned(member->regex);
    told.assignment = describe(member->read().partitions(), image);
    told.target_assignment = describe(group.target(id), image);
    told.member_type = member->uses_classic_protocol() ? 0 : 1;
  }
  return result;
}

}  // namespace

runtime::Task<Answer<DescribedGroup>> describe_consumer_group(std::shared_ptr<GroupPartition> partition,
                                                              std::string_view group_id) {
  const std::shared_ptr<const ConsumerOptions> options = partition->consumer_options(group_id);
  auto decided = co_await partition->execute([&](const GroupState& state) -> Decision<Answer<DescribedGroup>> {
    const ConsumerGroup* group = find_group(state, group_id);
    if (group == nullptr) {
      return {.records = {}, .reply = std::unexpected(ErrorCode::GroupIdNotFound)};
    }
    return {.records = {}, .reply = describe(*group, *options, partition->image())};
  });
  if (!decided) {
    co_return std::unexpected(code_of(decided.error()));
  }
  co_return *std::move(decided);
}

}  // namespace odradek::coordinator
