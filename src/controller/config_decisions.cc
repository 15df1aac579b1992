#include "controller/config_decisions.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "config/alter.h"
#include "config/group_config.h"
#include "config/topic_config.h"
#include "protocol/reader.h"

namespace odradek::controller {

namespace {

using metadata::ConfigResource;
using metadata::ConfigResourceType;

constexpr std::string_view elr_feature = "eligible.leader.replicas.version";
constexpr std::string_view min_insync = "min.insync.replicas";

std::optional<int32_t> broker_id(std::string_view name) {
  int32_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  return error == std::errc{} && end == name.data() + name.size() && id >= 0 ? std::optional(id) : std::nullopt;
}

Result<> check_broker(const ClusterState& state, std::string_view name) {
  if (name.empty()) {
    return {};  // the defaults of all brokers
  }
  const std::optional<int32_t> id = broker_id(name);
  if (!id) {
    return fail(Errc::InvalidRequest, fmt::format("Unable to parse broker name as a base 10 number: {}", name));
  }
  if (state.image().broker(NodeId(*id)) == nullptr) {
    return fail(Errc::BrokerIdNotRegistered, fmt::format("No broker with id {} found.", *id));
  }
  return {};
}

// Whether there is such a resource; its kind for config/.
Result<config::ResourceKind> check_resource(const ClusterState& state, const ConfigResource& resource) {
  switch (resource.type) {
    case ConfigResourceType::Topic:
      if (resource.name.empty()) {
        return fail(Errc::InvalidRequest, "Default topic resources are not allowed.");
      }
      if (state.image().topic(resource.name) == nullptr) {
        return fail(Errc::UnknownTopicOrPartition, fmt::format("The topic '{}' does not exist.", resource.name));
      }
      return config::ResourceKind::Topic;
    case ConfigResourceType::Broker: TRY(check_broker(state, resource.name)); return config::ResourceKind::Broker;
    case ConfigResourceType::Group:
      if (resource.name.empty()) {
        return fail(Errc::InvalidRequest, "Default group resources are not allowed.");
      }
      return config::ResourceKind::Group;
    case ConfigResourceType::ClientMetrics: return config::ResourceKind::ClientMetrics;
    case ConfigResourceType::Unknown:
    case ConfigResourceType::BrokerLogger: break;
  }
  return fail(Errc::InvalidRequest, fmt::format("Unknown resource type {}", static_cast<int>(resource.type)));
}

Result<> validate(const ClusterState& state, const DecisionContext& context, const ConfigResource& resource,
                  config::ResourceKind kind, const config::Overrides& before, const config::Overrides& after) {
  switch (kind) {
    case config::ResourceKind::Topic: return config::validate_topic(context.config, after);
    case config::ResourceKind::Broker:
      return config::validate_broker(
          context.config, {.cluster_default = resource.name.empty(), .elr_enabled = state.is_feature_on(elr_feature)},
          before, after);
    case config::ResourceKind::Group: return config::validate_group(context.config, resource.name, after);
    case config::ResourceKind::ClientMetrics: return config::validate_client_metrics(resource.name, after);
  }
  unreachable();
}

void add_record(RecordList& records, const ConfigResource& resource, std::string_view name,
                std::optional<std::string_view> value) {
  protocol::ConfigRecord record;
  record.resource_type = static_cast<int8_t>(resource.type);
  record.resource_name = std::string_view(resource.name);
  record.name = name;
  record.value.reset();
  if (value) {
    record.value = protocol::Text(*value);
  }
  records.add(record);
}

// Records for what differs. A broker's values are recorded even if they stay the same when they were named: brokers
// take that as a wish to read files again that the values point to.
RecordList difference(const ClusterState& state, const ConfigResource& resource, const config::Overrides& before,
                      const config::Overrides& after, std::span<const config::Alteration> named) {
  RecordList records(state);
  bool clears_elr = false;
  for (const auto& [name, value] : before) {
    if (!after.contains(name)) {
      add_record(records, resource, name, std::nullopt);
      clears_elr = clears_elr || name == min_insync;
    }
  }
  for (const auto& [name, value] : after) {
    const auto old = before.find(name);
    const bool changed = old == before.end() || old->second != value;
    const bool again = resource.type == ConfigResourceType::Broker &&
                       std::ranges::find(named, name, &config::Alteration::name) != named.end();
    if (changed || again) {
      add_record(records, resource, name, value);
    }
    clears_elr = clears_elr || (changed && name == min_insync);
  }
  const bool is_about_topics =
      resource.type == ConfigResourceType::Topic || resource.type == ConfigResourceType::Broker;
  if (clears_elr && is_about_topics && state.is_feature_on(elr_feature)) {
    protocol::ClearElrRecord record;
    record.topic_name = resource.type == ConfigResourceType::Topic ? std::string_view(resource.name) : "";
    records.add(record);
  }
  return records;
}

// What both APIs have in common: one resource, its alterations, and how they change the overrides.
template <typename Apply>
Result<RecordList> alter(const ClusterState& state, const DecisionContext& context, const ConfigResource& resource,
                         std::span<const config::Alteration> alterations, const Apply& apply) {
  TRY(const config::ResourceKind kind, check_resource(state, resource));
  const config::Overrides& before = state.image().configs(resource.type, resource.name);
  TRY(const config::Overrides after, apply(kind, before, alterations));
  for (const auto& [name, value] : after) {
    if (value.size() > static_cast<size_t>(protocol::Reader::text_size_max)) {  // what was appended to
      return fail(Errc::InvalidConfig,
                  fmt::format("The configuration value of {} cannot be added because it exceeds the maximum value size "
                              "of {} bytes.",
                              name, protocol::Reader::text_size_max));
    }
  }
  TRY(validate(state, context, resource, kind, before, after));
  return difference(state, resource, before, after, alterations);
}

template <typename Response, typename Request, typename AlterationOf, typename Apply>
machine::Decision<Response> alter_all(const ClusterState& state, const DecisionContext& context, const Request& request,
                                      const AlterationOf& alteration_of, const Apply& apply) {
  std::map<ConfigResource, int> times;
  const auto resource_of = [](const auto& one) {
    return ConfigResource{static_cast<ConfigResourceType>(one.resource_type), one.resource_name.str()};
  };
  for (const auto& one : request.resources) {
    ++times[resource_of(one)];
  }
  RecordList records(state);
  Response response;
  for (const auto& one : request.resources) {
    const ConfigResource resource = resource_of(one);
    std::vector<config::Alteration> alterations;
    for (const auto& config : one.configs) {
      alterations.push_back(alteration_of(config));
    }
    Result<RecordList> changed = times[resource] > 1
                                     ? fail(Errc::InvalidRequest, "Each resource must appear at most once.")
                                     : alter(state, context, resource, alterations, apply);
    auto& result = response.responses.emplace_back();
    result.resource_type = one.resource_type;
    result.resource_name = one.resource_name;
    result.error_message.reset();
    if (!changed) {
      const Refusal why = refusal(changed.error());
      result.error_code = why.raw_code();
      result.error_message = protocol::Text(why.message);
    } else if (!request.validate_only) {
      records.append(*std::move(changed));
    }
  }
  return {.records = std::move(records).take(), .reply = std::move(response)};
}

std::optional<std::string> owned(const std::optional<protocol::Text>& text) {
  return text ? std::optional(text->str()) : std::nullopt;
}

}  // namespace

machine::Decision<protocol::AlterConfigsResponse> alter_configs(const ClusterState& state,
                                                                const DecisionContext& context,
                                                                const protocol::AlterConfigsRequest& request) {
  return alter_all<protocol::AlterConfigsResponse>(
      state, context, request,
      [](const auto& config) {
        return config::Alteration{
            .name = config.name.str(), .operation = config::AlterOperation::Set, .value = owned(config.value)};
      },
      [](config::ResourceKind, const config::Overrides&, std::span<const config::Alteration> alterations) {
        return config::replace_overrides(alterations);
      });
}

machine::Decision<protocol::IncrementalAlterConfigsResponse> incremental_alter_configs(
    const ClusterState& state, const DecisionContext& context,
    const protocol::IncrementalAlterConfigsRequest& request) {
  return alter_all<protocol::IncrementalAlterConfigsResponse>(
      state, context, request,
      [](const auto& config) {
        return config::Alteration{.name = config.name.str(),
                                  .operation = static_cast<config::AlterOperation>(config.config_operation),
                                  .value = owned(config.value)};
      },
      [](config::ResourceKind kind, const config::Overrides& before,
         std::span<const config::Alteration> alterations) -> Result<config::Overrides> {
        for (const config::Alteration& alteration : alterations) {
          if (const auto raw = static_cast<int8_t>(alteration.operation); raw < 0 || raw > 3) {
            return fail(Errc::InvalidRequest,
                        fmt::format("Unknown operation type {} for config {}", raw, alteration.name));
          }
        }
        return config::apply_alterations(kind, before, alterations);
      });
}

}  // namespace odradek::controller
