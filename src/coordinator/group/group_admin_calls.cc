#include "coordinator/group/group_admin_calls.h"

#include <algorithm>
#include <utility>

#include "coordinator/group/offset_calls.h"

namespace odradek::coordinator {

using protocol::DescribeGroupsResponse;
using protocol::ErrorCode;
using protocol::ListGroupsResponse;
using protocol::Text;

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool passes(const std::vector<std::string>& filter, std::string_view value) {
  return filter.empty() || std::ranges::any_of(filter, [value](const std::string& wanted) {
           return std::ranges::equal(wanted, value, {}, lower, lower);
         });
}

void list(const std::string& id, const Group& group, const std::vector<std::string>& states,
          const std::vector<std::string>& types, ListGroupsResponse& response) {
  if (!passes(states, group.state_name()) || !passes(types, name(group.type()))) {
    return;
  }
  auto& listed = response.groups.emplace_back();
  listed.group_id = Text(id);
  listed.protocol_type = Text::owned(group.protocol_type());
  listed.group_state = Text::owned(group.state_name());
  listed.group_type = name(group.type());
}

DescribeGroupsResponse::DescribedGroup describe(const ClassicGroup& group) {
  DescribeGroupsResponse::DescribedGroup described;
  described.group_id = Text(group.id());
  described.group_state = group.state_name();
  described.protocol_type = Text::owned(group.protocol_type());
  const bool is_stable = group.state() == ClassicGroup::State::Stable;
  const std::string& chosen = group.protocol_name() ? *group.protocol_name() : std::string();
  described.protocol_data = is_stable ? Text(chosen) : Text("");
  for (const auto& [id, member] : group.members()) {
    auto& told = described.members.emplace_back();
    told.member_id = Text(id);
    told.group_instance_id = member.instance_id ? std::optional(Text(*member.instance_id)) : std::nullopt;
    told.client_id = Text(member.client_id);
    told.client_host = Text(member.client_host);
    if (is_stable) {
      const ClassicMember::Protocol* protocol = member.protocol(chosen);
      told.member_metadata = protocol == nullptr ? Blob() : protocol->metadata;
    }
    // While the group rebalances, what its members read until then.
    told.member_assignment = member.assignment;
  }
  return described;
}

}  // namespace

runtime::Task<ListGroupsResponse> list_groups(GroupCoordinator& coordinator, std::vector<std::string> states,
                                              std::vector<std::string> types) {
  ListGroupsResponse response;
  std::vector<std::shared_ptr<GroupPartition>> partitions;
  for (const auto& [index, partition] : coordinator.partitions()) {
    partitions.push_back(partition);
  }
  for (const std::shared_ptr<GroupPartition>& partition : partitions) {
    const ErrorCode available = partition->availability();
    if (available == ErrorCode::CoordinatorLoadInProgress) {
      response.error_code = static_cast<int16_t>(available);
    }
    if (available != ErrorCode::None) {
      continue;
    }
    for (const auto& [id, group] : partition->classic_groups()) {
      list(id, *group, states, types, response);
    }
    for (const auto& [id, group] : partition->state().consumer_groups()) {
      list(id, *group, states, types, response);
    }
    if (!partition->is_settled()) {
      [[maybe_unused]] const Result<> settled = co_await partition->settled();
    }
  }
  co_return response;
}

runtime::Task<Answer<DescribeGroupsResponse::DescribedGroup>> describe_group(std::shared_ptr<GroupPartition> partition,
                                                                             std::string_view group) {
  const ClassicGroup* found = partition->classic(group);
  if (found == nullptr) {
    co_return std::unexpected(ErrorCode::GroupIdNotFound);
  }
  DescribeGroupsResponse::DescribedGroup described = describe(*found);
  if (!partition->is_settled()) {
    const Result<> settled = co_await partition->settled();
    if (!settled) {
      co_return std::unexpected(code_of(settled.error()));
    }
  }
  co_return described;
}

runtime::Task<Answer<bool>> delete_group(std::shared_ptr<GroupPartition> partition, std::string id) {
  for (;;) {
    const ErrorCode available = partition->availability();
    if (available != ErrorCode::None) {
      co_return std::unexpected(available);
    }
    const Group* group = partition->find(id);
    if (group == nullptr) {
      co_return std::unexpected(ErrorCode::GroupIdNotFound);
    }
    if (!group->is_empty()) {
      co_return std::unexpected(ErrorCode::NonEmptyGroup);
    }
    std::vector<machine::LogRecord> records;
    add_offset_tombstones(partition->state(), id, records);
    const bool has_ended = end_group(*partition, id, records);
    const Result<bool> deleted = co_await partition->append_some(std::move(records));
    if (!deleted) {
      co_return std::unexpected(code_of(deleted.error()));
    }
    if (has_ended) {
      co_return true;
    }
  }
}

}  // namespace odradek::coordinator
