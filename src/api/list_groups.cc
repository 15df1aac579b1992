#include "api/list_groups.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "api/detail/groups.h"
#include "coordinator/group/group_admin_calls.h"

namespace odradek::api {

namespace {

std::vector<std::string> owned(const std::vector<protocol::Text>& texts) {
  std::vector<std::string> result;
  result.reserve(texts.size());
  for (const protocol::Text& text : texts) {
    result.push_back(text.str());
  }
  return result;
}

}  // namespace

runtime::Task<protocol::ListGroupsResponse> list_groups(RequestContext& context, protocol::ListGroupsRequest request) {
  auto parts = co_await context.services->groups.call_all(
      [states = owned(request.states_filter), types = owned(request.types_filter)](
          coordinator::GroupCoordinator& coordinator) { return coordinator::list_groups(coordinator, states, types); });
  protocol::ListGroupsResponse response;
  for (protocol::ListGroupsResponse& part : parts) {
    if (part.error_code != 0) {
      response.error_code = part.error_code;
    }
    std::ranges::move(part.groups, std::back_inserter(response.groups));
  }
  co_return response;
}

}  // namespace odradek::api
