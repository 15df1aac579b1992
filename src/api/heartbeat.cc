#include "api/heartbeat.h"

#include <memory>
#include <utility>

#include "api/detail/groups.h"
#include "coordinator/group/classic_calls.h"

namespace odradek::api {

using protocol::ErrorCode;

runtime::Task<protocol::HeartbeatResponse> heartbeat(RequestContext& context, protocol::HeartbeatRequest request) {
  protocol::HeartbeatResponse response;
  if (!detail::is_group_id(request.group_id)) {
    response.error_code = wire_number(ErrorCode::InvalidGroupId);
    co_return response;
  }
  auto beaten =
      co_await detail::at_group(context, request.group_id, [&](std::shared_ptr<coordinator::GroupPartition> partition) {
        return coordinator::heartbeat(std::move(partition), request);
      });
  if (beaten) {
    response = *std::move(beaten);
  } else if (beaten.error() != ErrorCode::CoordinatorLoadInProgress) {
    // While the group loads nobody can say that the member is not in it, and its session begins when it is loaded.
    response.error_code = wire_number(beaten.error());
  }
  co_return response;
}

}  // namespace odradek::api
