#include "api/elect_leaders.h"

#include "api/forward.h"

namespace odradek::api {

namespace {

using Request = protocol::ElectLeadersRequest;
using Response = protocol::ElectLeadersResponse;

// Version 0 has no place for an error of the whole request, so every partition is given it as well.
Response refuse_all(const Request& request, const Error& error, int16_t api_version) {
  Response response;
  if (api_version > 0) {
    response.error_code = wire_number(error.code);
  }
  if (!request.topic_partitions) {
    return response;
  }
  for (const Request::TopicPartitions& topic : *request.topic_partitions) {
    Response::ReplicaElectionResult result;
    result.topic = topic.topic;
    for (const int32_t index : topic.partitions) {
      Response::PartitionResult partition;
      partition.partition_id = index;
      partition.error_code = wire_number(error.code);
      partition.error_message = message_of(error);
      result.partition_result.push_back(std::move(partition));
    }
    response.replica_election_results.push_back(std::move(result));
  }
  return response;
}

}  // namespace

runtime::Task<Response> elect_leaders(RequestContext& context, Request request) {
  auto answer = co_await context.services->controller.call(call_context(context, request.timeout_ms), request);
  if (!answer) {
    co_return refuse_all(request, answer.error(), context.api_version);
  }
  co_return *std::move(answer);
}

}  // namespace odradek::api
