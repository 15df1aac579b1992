#include "api/describe_groups.h"

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "api/authorized_operations.h"
#include "api/detail/groups.h"
#include "coordinator/group/group_admin_calls.h"

namespace odradek::api {

namespace {

using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;
using protocol::ErrorCode;
using protocol::Text;

constexpr int16_t first_version_that_misses = 6;  // before, a group that is not there is called dead

}  // namespace

runtime::Task<DescribeGroupsResponse> describe_groups(RequestContext& context, DescribeGroupsRequest request) {
  DescribeGroupsResponse response;
  detail::name_each_once(request.groups);
  for (const Text& group : request.groups) {
    auto described =
        co_await detail::at_group(context, group, [&](std::shared_ptr<coordinator::GroupPartition> partition) {
          return coordinator::describe_group(std::move(partition), group);
        });
    DescribeGroupsResponse::DescribedGroup told;
    if (described) {
      told = *std::move(described);
    } else if (described.error() == ErrorCode::GroupIdNotFound) {
      told.group_state = Text("Dead");
      if (context.api_version >= first_version_that_misses) {
        told.error_code = wire_number(ErrorCode::GroupIdNotFound);
        told.error_message = Text(fmt::format("Group {} not found.", group.view()));
      }
    } else {
      told.error_code = wire_number(described.error());
    }
    told.group_id = group;
    if (request.include_authorized_operations && told.error_code == 0) {
      told.authorized_operations = all_group_operations;
    }
    response.groups.push_back(std::move(told));
  }
  co_return response;
}

}  // namespace odradek::api
