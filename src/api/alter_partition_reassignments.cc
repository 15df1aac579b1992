#include "api/alter_partition_reassignments.h"

#include "api/forward.h"

namespace odradek::api {

namespace {

using Request = protocol::AlterPartitionReassignmentsRequest;
using Response = protocol::AlterPartitionReassignmentsResponse;

// Kafka gives the error of the whole request to every partition too.
Response refuse_all(const Request& request, const Error& error) {
  Response response;
  response.allow_replication_factor_change = request.allow_replication_factor_change;
  response.error_code = wire_number(error.code);
  response.error_message = message_of(error);
  for (const Request::ReassignableTopic& topic : request.topics) {
    Response::ReassignableTopicResponse result;
    result.name = topic.name;
    for (const Request::ReassignablePartition& asked : topic.partitions) {
      Response::ReassignablePartitionResponse partition;
      partition.partition_index = asked.partition_index;
      partition.error_code = wire_number(error.code);
      partition.error_message = message_of(error);
      result.partitions.push_back(std::move(partition));
    }
    response.responses.push_back(std::move(result));
  }
  return response;
}

}  // namespace

runtime::Task<Response> alter_partition_reassignments(RequestContext& context, Request request) {
  auto answer = co_await context.services->controller.call(call_context(context, request.timeout_ms), request);
  if (!answer) {
    co_return refuse_all(request, answer.error());
  }
  co_return *std::move(answer);
}

}  // namespace odradek::api
