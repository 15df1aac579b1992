#include "api/sync_group.h"

#include <memory>
#include <utility>

#include "api/detail/groups.h"
#include "coordinator/group/classic_calls.h"

namespace odradek::api {

using protocol::ErrorCode;

namespace {

constexpr int16_t first_version_with_protocol = 5;  // whose type and name have to be said

}  // namespace

runtime::Task<protocol::SyncGroupResponse> sync_group(RequestContext& context, protocol::SyncGroupRequest request) {
  protocol::SyncGroupResponse response;
  if (context.api_version >= first_version_with_protocol && (!request.protocol_type || !request.protocol_name)) {
    response.error_code = wire_number(ErrorCode::InconsistentGroupProtocol);
    co_return response;
  }
  if (!detail::is_group_id(request.group_id)) {
    response.error_code = wire_number(ErrorCode::InvalidGroupId);
    co_return response;
  }
  auto synced =
      co_await detail::at_group(context, request.group_id, [&](std::shared_ptr<coordinator::GroupPartition> partition) {
        return coordinator::sync_group(std::move(partition), request);
      });
  if (synced) {
    response = *std::move(synced);
  } else {
    // A member that finds its group loading again joins it anew.
    const bool is_loading = synced.error() == ErrorCode::CoordinatorLoadInProgress;
    response.error_code = wire_number(is_loading ? ErrorCode::RebalanceInProgress : synced.error());
  }
  co_return response;
}

}  // namespace odradek::api
