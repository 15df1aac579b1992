#include "api/consumer_group_heartbeat.h"

#include <memory>
#include <utility>

#include "api/detail/groups.h"
#include "coordinator/group/consumer_calls.h"

namespace odradek::api {

using protocol::ConsumerGroupHeartbeatResponse;
using protocol::ErrorCode;
using protocol::Text;

runtime::Task<ConsumerGroupHeartbeatResponse> consumer_group_heartbeat(
    RequestContext& context, protocol::ConsumerGroupHeartbeatRequest request) {
  ConsumerGroupHeartbeatResponse response;
  if (!detail::serves_consumers(context)) {
    response.error_code = wire_number(ErrorCode::UnsupportedVersion);
    co_return response;
  }
  if (request.group_id.size() > detail::stored_text_max || request.group_id.empty()) {
    response.error_code = wire_number(ErrorCode::InvalidRequest);
    response.error_message = Text("the group id is empty or too long");
    co_return response;
  }
  // Both are keys of records, which hold no longer texts.
  if (request.member_id.size() > detail::stored_text_max ||
      (request.subscribed_topic_regex && request.subscribed_topic_regex->size() > detail::stored_text_max)) {
    response.error_code = wire_number(ErrorCode::InvalidRequest);
    response.error_message = Text("the member id or the regular expression is too long");
    co_return response;
  }
  const std::string host = detail::client_host(context);
  auto beaten =
      co_await detail::at_group(context, request.group_id, [&](std::shared_ptr<coordinator::GroupPartition> partition) {
        return coordinator::consumer_heartbeat(std::move(partition), request, detail::caller(context, host));
      });
  if (beaten) {
    co_return *std::move(beaten);
  }
  response.error_code = wire_number(beaten.error());
  response.error_message = Text(protocol::default_message(beaten.error()));
  co_return response;
}

}  // namespace odradek::api
