#include "coordinator/group/classic_calls.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "coordinator/group/mixed_group.h"
#include "runtime/shard.h"

namespace odradek::coordinator {

using machine::Decision;
using machine::LogRecord;
using protocol::ErrorCode;
using protocol::HeartbeatRequest;
using protocol::HeartbeatResponse;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;
using protocol::Text;

namespace {

Moment moment() {
  const runtime::Shard& shard = runtime::Shard::current();
  return {.now = shard.now(), .wall_ms = shard.wall_now()};
}

// As Java prints a uuid: clients show these ids.
std::string hyphenated(const Uuid& id) {
  const uint64_t high = id.most();
  const uint64_t low = id.least();
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF, low >> 48,
                     low & 0xFFFF'FFFF'FFFF);
}

std::string new_member_id(const JoinGroupRequest& request, const Caller& caller) {
  const std::string_view front = request.group_instance_id ? request.group_instance_id->view() : caller.client_id;
  return fmt::format("{}-{}", front, hyphenated(runtime::Shard::current().random().uuid()));
}

std::vector<LogRecord> one_record(bool write, const ClassicGroup& group) {
  std::vector<LogRecord> records;
  if (write) {
    records.push_back(group.record());
  }
  return records;
}

void arm(GroupPartition& partition, const ClassicGroup& group) {
  if (const auto due = group.next_deadline()) {
    partition.arm(group.id(), *due);
  }
}

// The group for a member without an id; the first one makes it.
Decision<bool> decide_join(GroupPartition& partition, const JoinGroupRequest& request, const Caller& caller,
                           const std::shared_ptr<PendingJoin>& ticket) {
  const auto refuse = [&](ErrorCode error) -> Decision<bool> {
    ticket->answer(refused_join(error, request.member_id));
    return {.records = {}, .reply = true};
  };
  std::vector<LogRecord> records;
  ClassicGroup* group = partition.classic(request.group_id);
  const bool is_new = group == nullptr;
  if (is_new) {
    if (const ConsumerGroup* mixed = find_mixed_group(partition.state(), request.group_id)) {
      auto [mixed_records, answer] =
          join_mixed_group(partition, *mixed, request, caller, new_member_id(request, caller));
      ticket->answer(std::move(answer));
      return {.records = std::move(mixed_records), .reply = true};
    }
    const Group* other = partition.find(request.group_id);
    if (!request.member_id.empty()) {
      return refuse(ErrorCode::UnknownMemberId);
    }
    if (other != nullptr) {
      other->add_tombstones(records);
    }
    group = &partition.make_classic(request.group_id);
  }
  const bool write = group->join(request, caller, request.member_id.empty() ? new_member_id(request, caller) : "",
                                 partition.options(), moment(), ticket);
  if (is_new) {
    records.push_back(group->empty_record());
  } else if (write) {
    records.push_back(group->record());
  }
  arm(partition, *group);
  return {.records = std::move(records), .reply = true};
}

Decision<bool> decide_sync(GroupPartition& partition, const SyncGroupRequest& request,
                           const std::shared_ptr<PendingSync>& ticket) {
  ClassicGroup* group = partition.classic(request.group_id);
  if (group == nullptr) {
    SyncGroupResponse answer;
    if (const ConsumerGroup* mixed = find_mixed_group(partition.state(), request.group_id)) {
      answer = sync_mixed_group(partition, *mixed, request);
    } else {
      answer.error_code = static_cast<int16_t>(ErrorCode::UnknownMemberId);
    }
    ticket->answer(std::move(answer));
    return {.records = {}, .reply = true};
  }
  std::vector<LogRecord> records;
  if (group->sync(request, moment(), ticket)) {
    group->set_assignments(request);
    records.push_back(group->record());
    if (partition.fits(records)) {
      group->assign(moment());
    } else {
      records = one_record(group->reject_assignments(ErrorCode::UnknownServerError, moment()), *group);
    }
  }
  arm(partition, *group);
  return {.records = std::move(records), .reply = true};
}

}  // namespace

runtime::Task<Answer<JoinGroupResponse>> join_group(std::shared_ptr<GroupPartition> partition,
                                                    const JoinGroupRequest& request, Caller caller) {
  auto ticket = std::make_shared<PendingJoin>();
  const auto decided =
      co_await partition->execute([&](const GroupState&) { return decide_join(*partition, request, caller, ticket); });
  if (!decided) {
    co_return std::unexpected(code_of(decided.error()));
  }
  JoinGroupResponse answer = co_await PendingJoin::wait(ticket);
  if (!partition->is_settled()) {
    const Result<> settled = co_await partition->settled();
    if (!settled) {
      co_return std::unexpected(code_of(settled.error()));
    }
  }
  co_return answer;
}

runtime::Task<Answer<SyncGroupResponse>> sync_group(std::shared_ptr<GroupPartition> partition,
                                                    const SyncGroupRequest& request) {
  auto ticket = std::make_shared<PendingSync>();
  const auto decided =
      co_await partition->execute([&](const GroupState&) { return decide_sync(*partition, request, ticket); });
  if (!decided) {
    co_return std::unexpected(code_of(decided.error()));
  }
  SyncGroupResponse answer = co_await PendingSync::wait(ticket);
  if (!partition->is_settled()) {
    const Result<> settled = co_await partition->settled();
    if (!settled) {
      co_return std::unexpected(code_of(settled.error()));
    }
  }
  co_return answer;
}

runtime::Task<Answer<HeartbeatResponse>> heartbeat(std::shared_ptr<GroupPartition> partition,
                                                   const HeartbeatRequest& request) {
  ClassicGroup* group = partition->classic(request.group_id);
  const auto instance = request.group_instance_id ? std::optional(request.group_instance_id->view()) : std::nullopt;
  const ConsumerGroup* mixed = group == nullptr ? find_mixed_group(partition->state(), request.group_id) : nullptr;
  HeartbeatResponse answer;
  if (group != nullptr) {
    answer.error_code =
        static_cast<int16_t>(group->heartbeat(request.member_id, instance, request.generation_id, moment()));
  } else {
    answer.error_code = static_cast<int16_t>(mixed != nullptr ? heartbeat_mixed_group(*partition, *mixed, request)
                                                              : ErrorCode::UnknownMemberId);
  }
  if (!partition->is_settled()) {
    const Result<> settled = co_await partition->settled();
    if (!settled) {
      co_return std::unexpected(code_of(settled.error()));
    }
  }
  co_return answer;
}

runtime::Task<Answer<LeaveGroupResponse>> leave_group(std::shared_ptr<GroupPartition> partition,
                                                      const LeaveGroupRequest& request) {
  const auto decided = co_await partition->execute([&](const GroupState&) -> Decision<LeaveGroupResponse> {
    ClassicGroup* group = partition->classic(request.group_id);
    const ConsumerGroup* mixed = group == nullptr ? find_mixed_group(partition->state(), request.group_id) : nullptr;
    if (mixed != nullptr) {
      return leave_mixed_group(*partition, *mixed, request);
    }
    LeaveGroupResponse answer;
    bool has_left = false;
    for (const LeaveGroupRequest::MemberIdentity& member : request.members) {
      const auto instance = member.group_instance_id ? std::optional(member.group_instance_id->view()) : std::nullopt;
      const ErrorCode error = group == nullptr ? ErrorCode::UnknownMemberId : group->leave(member.member_id, instance);
      has_left = has_left || error == ErrorCode::None;
      auto& told = answer.members.emplace_back();
      told.member_id = Text::owned(member.member_id);
      told.group_instance_id =
          member.group_instance_id ? std::optional(Text::owned(*member.group_instance_id)) : std::nullopt;
      told.error_code = static_cast<int16_t>(error);
    }
    std::vector<LogRecord> records;
    if (has_left) {
      records = one_record(group->leave_done(moment()), *group);
      arm(*partition, *group);
    }
    return {.records = std::move(records), .reply = std::move(answer)};
  });
  if (!decided) {
    co_return std::unexpected(code_of(decided.error()));
  }
  co_return *decided;
}

runtime::Task<void> look_at_group(std::shared_ptr<GroupPartition> partition, std::string group_id) {
  [[maybe_unused]] const Result<bool> done = co_await partition->execute([&](const GroupState&) -> Decision<bool> {
    ClassicGroup* group = partition->classic(group_id);
    if (group == nullptr) {
      return {.records = {}, .reply = true};
    }
    std::vector<LogRecord> records = one_record(group->on_time(moment()), *group);
    arm(*partition, *group);
    return {.records = std::move(records), .reply = true};
  });
}

}  // namespace odradek::coordinator
