#include "api/alter_configs.h"

#include "api/broker_resource.h"
#include "api/detail/alter_resources.h"
#include "config/alter.h"
#include "metadata/metadata_image.h"

namespace odradek::api {

namespace {

using detail::Verdict;
using metadata::ConfigResourceType;
using Request = protocol::AlterConfigsRequest;
using Response = protocol::AlterConfigsResponse;

Result<> check_broker(const RequestContext& context, const Request::AlterConfigsResource& resource) {
  if (!resource.resource_name.empty()) {
    TRY(check_names_this_broker(context, resource.resource_name));
  }
  config::Overrides after;
  for (const Request::AlterableConfig& config : resource.configs) {
    after.emplace(config.name.str(), config.value->str());
  }
  return check_broker_overrides(context, resource.resource_name, after);
}

Verdict check(const RequestContext& context, const Request::AlterConfigsResource& resource) {
  if (auto form = detail::check_form(resource, [](const auto&) { return true; }); !form) {
    return form;
  }
  switch (static_cast<ConfigResourceType>(resource.resource_type)) {
    case ConfigResourceType::Broker: {
      auto outcome = check_broker(context, resource);
      return outcome ? Verdict{} : Verdict(std::move(outcome));
    }
    case ConfigResourceType::Topic:
    case ConfigResourceType::ClientMetrics:
    case ConfigResourceType::Group: return {};
    case ConfigResourceType::BrokerLogger:  // only IncrementalAlterConfigs knows it
    case ConfigResourceType::Unknown: break;
  }
  return fail(Errc::InvalidRequest, fmt::format("Unknown resource type {}", resource.resource_type));
}

}  // namespace

runtime::Task<Response> alter_configs(RequestContext& context, Request request) {
  std::vector<Verdict> verdicts = detail::check_repeated(request);
  for (size_t i = 0; i < verdicts.size(); ++i) {
    if (!verdicts[i]) {
      verdicts[i] = check(context, request.resources[i]);
    }
  }
  co_return co_await detail::alter_resources<Response>(context, std::move(request), std::move(verdicts));
}

}  // namespace odradek::api
