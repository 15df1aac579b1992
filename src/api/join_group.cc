#include "api/join_group.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "api/detail/groups.h"
#include "coordinator/group/classic_calls.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::Text;

constexpr int16_t first_version_without_protocol = 7;  // whose name may be null
constexpr size_t name_max = 30'000;                    // leaves room for what an id gets behind it

ErrorCode check(const RequestContext& context, const JoinGroupRequest& request) {
  if (!detail::is_group_id(request.group_id)) {
    return ErrorCode::InvalidGroupId;
  }
  const config::BrokerConfig& config = *context.services->config;
  if (request.session_timeout_ms < config.get_int("group.min.session.timeout.ms") ||
      request.session_timeout_ms > config.get_int("group.max.session.timeout.ms")) {
    return ErrorCode::InvalidSessionTimeout;
  }
  const bool has_long_names =
      context.client_id.size() > name_max || request.member_id.size() > detail::stored_text_max ||
      request.protocol_type.size() > name_max ||
      (request.group_instance_id && request.group_instance_id->size() > name_max) ||
      std::ranges::any_of(request.protocols, [](const auto& offer) { return offer.name.size() > name_max; });
  return has_long_names ? ErrorCode::InvalidRequest : ErrorCode::None;
}

}  // namespace

runtime::Task<JoinGroupResponse> join_group(RequestContext& context, JoinGroupRequest request) {
  JoinGroupResponse response;
  response.member_id = request.member_id;
  ErrorCode error = check(context, request);
  if (error == ErrorCode::None) {
    const std::string host = detail::client_host(context);
    auto joined = co_await detail::at_group(
        context, request.group_id, [&](std::shared_ptr<coordinator::GroupPartition> partition) {
          return coordinator::join_group(std::move(partition), request, detail::caller(context, host));
        });
    if (joined) {
      response = *std::move(joined);
    } else {
      error = joined.error();
    }
  }
  if (error != ErrorCode::None) {
    response.error_code = wire_number(error);
  }
  if (response.error_code != 0) {
    response.protocol_name =
        context.api_version < first_version_without_protocol ? std::optional(Text("")) : std::nullopt;
  }
  co_return response;
}

}  // namespace odradek::api
