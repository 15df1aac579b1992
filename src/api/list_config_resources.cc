#include "api/list_config_resources.h"

#include <algorithm>
#include <array>

#include "api/advertised.h"
#include "api/forward.h"

namespace odradek::api {

namespace {

using metadata::ConfigResourceType;
using metadata::MetadataImage;
using Request = protocol::ListConfigResourcesRequest;
using Response = protocol::ListConfigResourcesResponse;

constexpr std::array all_types = {ConfigResourceType::Topic, ConfigResourceType::Broker,
                                  ConfigResourceType::BrokerLogger, ConfigResourceType::ClientMetrics,
                                  ConfigResourceType::Group};

void add(Response& response, ConfigResourceType type, const std::string& name) {
  Response::ConfigResource resource;
  resource.resource_name = name;
  resource.resource_type = static_cast<int8_t>(type);
  response.config_resources.push_back(std::move(resource));
}

// Topics and brokers have options in any case; subscriptions and groups are known by those that were set.
void add_all(Response& response, const MetadataImage& image, std::string_view listener, ConfigResourceType type) {
  switch (type) {
    case ConfigResourceType::Unknown: return;
    case ConfigResourceType::Topic:
      for (const metadata::TopicImage* topic : image.topics_by_name()) {
        add(response, type, topic->name);
      }
      return;
    case ConfigResourceType::Broker:
    case ConfigResourceType::BrokerLogger:
      for (const AdvertisedBroker& known : advertised_brokers(image, listener, FencedBrokers::With)) {
        add(response, type, fmt::format("{}", known.broker->id));
      }
      return;
    case ConfigResourceType::ClientMetrics:
    case ConfigResourceType::Group:
      image.for_each_config([&](const metadata::ConfigResource& resource, const metadata::ConfigMap&) {
        if (resource.type == type) {
          add(response, type, resource.name);
        }
      });
      return;
  }
}

}  // namespace

runtime::Task<Response> list_config_resources(RequestContext& context, Request request) {
  std::vector<ConfigResourceType> types;
  for (const int8_t number : request.resource_types) {
    const auto type = static_cast<ConfigResourceType>(number);
    if (std::ranges::find(all_types, type) == all_types.end()) {
      Response response;
      response.error_code = wire_number(protocol::ErrorCode::UnsupportedVersion);
      co_return response;
    }
    if (std::ranges::find(types, type) == types.end()) {
      types.push_back(type);
    }
  }
  if (context.api_version == 0) {
    types = {ConfigResourceType::ClientMetrics};
  } else if (types.empty()) {
    types.assign(all_types.begin(), all_types.end());
  }
  Response response;
  for (const ConfigResourceType type : types) {
    add_all(response, *context.services->image(), context.connection->listener, type);
  }
  co_return response;
}

}  // namespace odradek::api
