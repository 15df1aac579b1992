#include "api/incremental_alter_configs.h"

#include "api/broker_resource.h"
#include "api/detail/alter_resources.h"
#include "api/logger_configs.h"
#include "config/alter.h"
#include "metadata/metadata_image.h"

namespace odradek::api {

namespace {

using config::AlterOperation;
using detail::Verdict;
using metadata::ConfigResourceType;
using Request = protocol::IncrementalAlterConfigsRequest;
using Response = protocol::IncrementalAlterConfigsResponse;
using Resource = Request::AlterConfigsResource;

bool needs_value(const Request::AlterableConfig& config) {
  return config.config_operation != static_cast<int8_t>(AlterOperation::Delete);
}

Result<> check_broker(const RequestContext& context, const Resource& resource) {
  if (!resource.resource_name.empty()) {
    TRY(check_names_this_broker(context, resource.resource_name));
  }
  std::vector<config::Alteration> alterations;
  for (const Request::AlterableConfig& config : resource.configs) {
    if (config.config_operation < 0 || config.config_operation > static_cast<int8_t>(AlterOperation::Subtract)) {
      return fail(Errc::InvalidRequest, fmt::format("Unknown operations type {}", config.config_operation));
    }
    alterations.push_back({.name = config.name.str(),
                           .operation = static_cast<AlterOperation>(config.config_operation),
                           .value = config.value ? std::optional(config.value->str()) : std::nullopt});
  }
  const config::Overrides& before = broker_overrides(context, resource.resource_name);
  TRY(const config::Overrides after, config::apply_alterations(config::ResourceKind::Broker, before, alterations));
  return check_broker_overrides(context, resource.resource_name, after);
}

// All changes of the resource or none.
Result<> alter_loggers(const RequestContext& context, const Resource& resource, bool validate_only) {
  TRY(check_names_this_broker(context, resource.resource_name));
  for (const Request::AlterableConfig& config : resource.configs) {
    TRY(check_logger_change(config.name, config.config_operation,
                            config.value ? std::optional(config.value->view()) : std::nullopt));
  }
  if (!validate_only) {
    for (const Request::AlterableConfig& config : resource.configs) {
      apply_logger_change(*config.value);
    }
  }
  return {};
}

Verdict check(const RequestContext& context, const Resource& resource, bool validate_only) {
  if (auto form = detail::check_form(resource, needs_value); !form) {
    return form;
  }
  switch (static_cast<ConfigResourceType>(resource.resource_type)) {
    case ConfigResourceType::BrokerLogger: return alter_loggers(context, resource, validate_only);
    case ConfigResourceType::Broker: {
      auto outcome = check_broker(context, resource);
      return outcome ? Verdict{} : Verdict(std::move(outcome));
    }
    case ConfigResourceType::Topic:
    case ConfigResourceType::ClientMetrics:
    case ConfigResourceType::Group: return {};
    case ConfigResourceType::Unknown: break;
  }
  return fail(Errc::InvalidRequest, fmt::format("Unknown resource type {}", resource.resource_type));
}

}  // namespace

runtime::Task<Response> incremental_alter_configs(RequestContext& context, Request request) {
  std::vector<Verdict> verdicts = detail::check_repeated(request);
  for (size_t i = 0; i < verdicts.size(); ++i) {
    if (!verdicts[i]) {
      verdicts[i] = check(context, request.resources[i], request.validate_only);
    }
  }
  co_return co_await detail::alter_resources<Response>(context, std::move(request), std::move(verdicts));
}

}  // namespace odradek::api
