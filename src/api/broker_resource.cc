#include "api/broker_resource.h"

#include <charconv>

#include <fmt/format.h>

#include "api/services.h"
#include "config/alter.h"

namespace odradek::api {

namespace {

constexpr std::string_view elr_feature = "eligible.leader.replicas.version";

}  // namespace

Result<int32_t> parse_broker_id(std::string_view name) {
  int32_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc{} || end != name.data() + name.size()) {
    return fail(Errc::InvalidRequest, fmt::format("Broker id must be an integer, but it is: {}", name));
  }
  return id;
}

Result<> check_names_this_broker(const RequestContext& context, std::string_view name) {
  const NodeId self = context.services->broker.id;
  const auto id = parse_broker_id(name);
  if (!id) {
    return fail(Errc::InvalidRequest, fmt::format("Node id must be an integer, but it is: {}", name));
  }
  if (*id != self.raw()) {
    return fail(Errc::InvalidRequest, fmt::format("Unexpected broker id, expected {}, but received {}", self, name));
  }
  return {};
}

const config::Overrides& broker_overrides(const RequestContext& context, std::string_view name) {
  return context.services->image()->configs(metadata::ConfigResourceType::Broker, name);
}

Result<> check_broker_overrides(const RequestContext& context, std::string_view name, const config::Overrides& after) {
  const bool elr_enabled = context.services->image()->feature_level(elr_feature) > 0;
  return config::validate_broker(*context.services->config,
                                 {.cluster_default = name.empty(), .elr_enabled = elr_enabled},
                                 broker_overrides(context, name), after);
}

}  // namespace odradek::api
