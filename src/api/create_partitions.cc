#include "api/create_partitions.h"

#include "api/forward.h"

namespace odradek::api {

namespace {

using Request = protocol::CreatePartitionsRequest;
using Response = protocol::CreatePartitionsResponse;

Response refuse_all(const Request& request, const Error& error) {
  Response response;
  for (const Request::CreatePartitionsTopic& topic : request.topics) {
    Response::CreatePartitionsTopicResult result;
    result.name = topic.name;
    result.error_code = wire_number(error.code);
    result.error_message = message_of(error);
    response.results.push_back(std::move(result));
  }
  return response;
}

}  // namespace

runtime::Task<Response> create_partitions(RequestContext& context, Request request) {
  auto answer = co_await context.services->controller.call(call_context(context, request.timeout_ms), request);
  if (!answer) {
    co_return refuse_all(request, answer.error());
  }
  co_return *std::move(answer);
}

}  // namespace odradek::api
