#include "api/delete_groups.h"

#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "api/detail/groups.h"
#include "coordinator/group/group_admin_calls.h"

namespace odradek::api {

runtime::Task<protocol::DeleteGroupsResponse> delete_groups(RequestContext& context,
                                                            protocol::DeleteGroupsRequest request) {
  protocol::DeleteGroupsResponse response;
  std::set<std::string_view> named;  // a group named twice is answered for once
  for (const protocol::Text& group : request.groups_names) {
    if (!named.insert(group.view()).second) {
      continue;
    }
    auto deleted =
        co_await detail::at_group(context, group, [&](std::shared_ptr<coordinator::GroupPartition> partition) {
          return coordinator::delete_group(std::move(partition), group.str());
        });
    auto& told = response.results.emplace_back();
    told.group_id = group;
    told.error_code = deleted ? 0 : wire_number(deleted.error());
  }
  co_return response;
}

}  // namespace odradek::api
