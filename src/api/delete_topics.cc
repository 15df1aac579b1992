#include "api/delete_topics.h"

#include "api/forward.h"

namespace odradek::api {

namespace {

using Request = protocol::DeleteTopicsRequest;
using Response = protocol::DeleteTopicsResponse;

// The same error for every topic of the request, which names them in one of two places.
Response refuse_all(const Request& request, const Error& error) {
  Response response;
  const auto refuse = [&](std::optional<protocol::Text> name, const Uuid& id) {
    Response::DeletableTopicResult result;
    result.name = std::move(name);
    result.topic_id = id;
    result.error_code = wire_number(error.code);
    result.error_message = message_of(error);
    response.responses.push_back(std::move(result));
  };
  for (const Request::DeleteTopicState& topic : request.topics) {
    refuse(topic.name, topic.topic_id);
  }
  for (const protocol::Text& name : request.topic_names) {
    refuse(name, Uuid{});
  }
  return response;
}

}  // namespace

runtime::Task<Response> delete_topics(RequestContext& context, Request request) {
  auto answer = co_await context.services->controller.call(call_context(context, request.timeout_ms), request);
  if (!answer) {
    co_return refuse_all(request, answer.error());
  }
  co_return *std::move(answer);
}

}  // namespace odradek::api
