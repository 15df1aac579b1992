#include "api/list_partition_reassignments.h"

#include "api/forward.h"

namespace odradek::api {

runtime::Task<protocol::ListPartitionReassignmentsResponse> list_partition_reassignments(
    RequestContext& context, protocol::ListPartitionReassignmentsRequest request) {
  auto answer = co_await context.services->controller.call(call_context(context, request.timeout_ms), request);
  if (!answer) {
    protocol::ListPartitionReassignmentsResponse response;
    response.error_code = wire_number(answer.error().code);
    response.error_message = message_of(answer.error());
    co_return response;
  }
  co_return *std::move(answer);
}

}  // namespace odradek::api
