#include "api/leave_group.h"

#include <memory>
#include <utility>

#include "api/detail/groups.h"
#include "coordinator/group/classic_calls.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;

constexpr int16_t first_version_of_many = 3;

}  // namespace

runtime::Task<LeaveGroupResponse> leave_group(RequestContext& context, LeaveGroupRequest request) {
  LeaveGroupResponse response;
  if (!detail::is_group_id(request.group_id)) {
    response.error_code = wire_number(ErrorCode::InvalidGroupId);
    co_return response;
  }
  const bool is_one = context.api_version < first_version_of_many;
  if (is_one) {
    LeaveGroupRequest::MemberIdentity member;
    member.member_id = request.member_id;
    request.members.push_back(std::move(member));
  }
  auto left =
      co_await detail::at_group(context, request.group_id, [&](std::shared_ptr<coordinator::GroupPartition> partition) {
        return coordinator::leave_group(std::move(partition), request);
      });
  if (!left) {
    response.error_code = wire_number(left.error());
  } else if (is_one) {
    response.error_code = left->members.front().error_code;
  } else {
    response = *std::move(left);
  }
  co_return response;
}

}  // namespace odradek::api
