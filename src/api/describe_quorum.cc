#include "api/describe_quorum.h"

#include "api/forward.h"

namespace odradek::api {

runtime::Task<protocol::DescribeQuorumResponse> describe_quorum(RequestContext& context,
                                                                protocol::DescribeQuorumRequest request) {
  auto answer = co_await context.services->controller.call(call_context(context), request);
  if (!answer) {
    protocol::DescribeQuorumResponse response;
    response.error_code = wire_number(answer.error().code);
    response.error_message = message_of(answer.error());
    co_return response;
  }
  co_return *std::move(answer);
}

}  // namespace odradek::api
