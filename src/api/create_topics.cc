#include "api/create_topics.h"

#include "api/forward.h"
#include "model/topic_name.h"

namespace odradek::api {

namespace {

using Request = protocol::CreateTopicsRequest;
using Response = protocol::CreateTopicsResponse;

Response::CreatableTopicResult refused(const protocol::Text& name, protocol::ErrorCode code, protocol::Text message) {
  Response::CreatableTopicResult result;
  result.name = name;
  result.error_code = wire_number(code);
  result.error_message = std::move(message);
  return result;
}

}  // namespace

runtime::Task<Response> create_topics(RequestContext& context, Request request) {
  const bool asks_for_metadata_topic =
      std::erase_if(request.topics, [](const auto& topic) { return topic.name == metadata_topic_name; }) > 0;
  auto answer = co_await context.services->controller.call(call_context(context, request.timeout_ms), request);
  Response response;
  if (answer) {
    response = *std::move(answer);
  } else {
    for (const Request::CreatableTopic& topic : request.topics) {
      response.topics.push_back(
          refused(topic.name, protocol::wire_code(answer.error().code), message_of(answer.error())));
    }
  }
  if (asks_for_metadata_topic) {
    response.topics.push_back(refused(metadata_topic_name, protocol::ErrorCode::InvalidRequest,
                                      "Creation of internal topic __cluster_metadata is prohibited."));
  }
  co_return response;
}

}  // namespace odradek::api
