#include "api/describe_cluster.h"

#include <fmt/format.h>

#include "api/advertised.h"
#include "api/authorized_operations.h"
#include "api/forward.h"
#include "api/keep_alive.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using Request = protocol::DescribeClusterRequest;
using Response = protocol::DescribeClusterResponse;

constexpr int8_t broker_endpoints = 1;
constexpr int8_t controller_endpoints = 2;

Response refuse(int16_t api_version, ErrorCode error, std::string message) {
  Response response;
  // Version 0 does not know the codes that came with endpoint types (KIP-919).
  response.error_code = wire_number(api_version == 0 ? ErrorCode::InvalidRequest : error);
  response.error_message = protocol::Text(message);
  return response;
}

}  // namespace

runtime::Task<Response> describe_cluster(RequestContext& context, Request request) {
  if (request.endpoint_type == controller_endpoints) {
    co_return refuse(
        context.api_version, ErrorCode::MismatchedEndpointType,
        "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER");
  }
  if (request.endpoint_type != broker_endpoints) {
    co_return refuse(context.api_version, ErrorCode::UnsupportedEndpointType,
                     fmt::format("Unsupported endpoint type {}", request.endpoint_type));
  }
  const metadata::SharedImage image = context.services->image();
  keep_alive(context, image);
  const BrokerIdentity& self = context.services->broker;
  const NodeId controller = live_controller(*image, self.id);
  Response response;
  response.endpoint_type = broker_endpoints;
  response.cluster_id = std::string_view(self.cluster_id);
  if (request.include_cluster_authorized_operations) {
    response.cluster_authorized_operations = all_cluster_operations;
  }
  const auto fenced = request.include_fenced_brokers ? FencedBrokers::With : FencedBrokers::Without;
  for (const auto& [broker, endpoint] : advertised_brokers(*image, context.connection->listener, fenced)) {
    Response::DescribeClusterBroker described;
    described.broker_id = broker->id.raw();
    described.host = std::string_view(endpoint->host);
    described.port = endpoint->port;
    if (broker->rack) {
      described.rack = protocol::Text(std::string_view(*broker->rack));
    }
    described.is_fenced = broker->is_fenced;
    if (broker->id == controller) {
      response.controller_id = controller.raw();  // only one that the client is told about
    }
    response.brokers.push_back(std::move(described));
  }
  co_return response;
}

}  // namespace odradek::api
