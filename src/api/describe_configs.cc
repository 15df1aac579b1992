#include "api/describe_configs.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "api/broker_resource.h"
#include "api/forward.h"
#include "api/logger_configs.h"
#include "config/group_config.h"
#include "config/topic_config.h"
#include "model/topic_name.h"
#include "runtime/shard.h"

namespace odradek::api {

namespace {

using config::ConfigEntry;
using config::ConfigSource;
using metadata::ConfigResourceType;
using metadata::MetadataImage;
using Request = protocol::DescribeConfigsRequest;
using Response = protocol::DescribeConfigsResponse;
using Resource = Request::DescribeConfigsResource;
using Line = Response::DescribeConfigsResourceResult;

// In one answer: the topics of a large cluster, and not what anybody can think up.
constexpr size_t lines_max = 500'000;
constexpr size_t resources_between_yields = 64;

struct Describing {
  const MetadataImage& image;
  const config::BrokerConfig& config;
  NodeId self;
};

std::optional<protocol::Text> optional_text(const std::optional<std::string>& value) {
  return value ? std::optional(protocol::Text(*value)) : std::nullopt;
}

ConfigEntry logger_entry() {
  ConfigEntry entry;
  entry.name = root_logger;
  entry.value = logger_level();
  entry.source = ConfigSource::DynamicBrokerLogger;
  return entry;
}

Result<std::vector<ConfigEntry>> describe_topic(const Describing& from, std::string_view name) {
  TRY(check_topic_name(name));
  if (from.image.topic(name) == nullptr) {
    return fail(Errc::UnknownTopicOrPartition);
  }
  return config::TopicConfig(from.config, from.image.configs(ConfigResourceType::Topic, name)).describe(from.config);
}

Result<std::vector<ConfigEntry>> describe_broker(const Describing& from, std::string_view name) {
  if (name.empty()) {
    return from.config.describe_cluster_defaults();
  }
  TRY(const int32_t id, parse_broker_id(name));
  if (id != from.self.raw()) {
    return fail(Errc::InvalidRequest,
                fmt::format("Unexpected broker id, expected {} or empty string, but received {}", from.self, name));
  }
  return from.config.describe();
}

Result<std::vector<ConfigEntry>> describe_loggers(const Describing& from, std::string_view name) {
  if (name.empty()) {
    return fail(Errc::InvalidRequest, "Broker id must not be empty");
  }
  TRY(const int32_t id, parse_broker_id(name));
  if (id != from.self.raw()) {
    return fail(Errc::InvalidRequest,
                fmt::format("Unexpected broker id, expected {} but received {}", from.self, name));
  }
  return std::vector{logger_entry()};
}

Result<std::vector<ConfigEntry>> describe(const Describing& from, const Resource& resource) {
  const std::string_view name = resource.resource_name;
  const auto type = static_cast<ConfigResourceType>(resource.resource_type);
  switch (type) {
    case ConfigResourceType::Topic: return describe_topic(from, name);
    case ConfigResourceType::Broker: return describe_broker(from, name);
    case ConfigResourceType::BrokerLogger: return describe_loggers(from, name);
    case ConfigResourceType::ClientMetrics:
      if (name.empty()) {
        return fail(Errc::InvalidRequest, "Client metrics subscription name must not be empty");
      }
      return config::describe_client_metrics(from.image.configs(type, name));
    case ConfigResourceType::Group:
      if (name.empty()) {
        return fail(Errc::InvalidRequest, "Group name must not be empty");
      }
      return config::describe_group(from.config, from.image.configs(type, name));
    case ConfigResourceType::Unknown: break;
  }
  return fail(Errc::InvalidRequest, std::string(protocol::default_message(protocol::ErrorCode::InvalidRequest)));
}

Result<std::vector<ConfigEntry>> too_many() {
  return fail(Errc::InvalidRequest, fmt::format("The answer would have more than {} lines: ask for fewer resources at "
                                                "a time.",
                                                lines_max));
}

// Null or empty keys ask for all of them.
bool is_wanted(const Resource& resource, std::string_view name) {
  return !resource.configuration_keys || resource.configuration_keys->empty() ||
         std::ranges::any_of(*resource.configuration_keys, [&](const protocol::Text& key) { return key == name; });
}

Line line_of(const Request& request, int16_t api_version, const ConfigEntry& entry) {
  Line line;
  line.name = entry.name;
  line.value = optional_text(entry.value);
  line.read_only = entry.read_only;
  line.is_default = api_version == 0 && entry.source == ConfigSource::Default;  // later versions have no place for it
  line.config_source = static_cast<int8_t>(entry.source);
  line.is_sensitive = entry.sensitive;
  line.config_type = static_cast<int8_t>(entry.type);
  if (request.include_synonyms) {
    for (const config::ConfigSynonym& synonym : entry.synonyms) {
      Response::DescribeConfigsSynonym described;
      described.name = synonym.name;
      described.value = optional_text(synonym.value);
      described.source = static_cast<int8_t>(synonym.source);
      line.synonyms.push_back(std::move(described));
    }
  }
  line.documentation.reset();
  if (request.include_documentation && !entry.documentation.empty()) {
    line.documentation = protocol::Text(entry.documentation);
  }
  return line;
}

}  // namespace

runtime::Task<Response> describe_configs(RequestContext& context, Request request) {
  const metadata::SharedImage image = context.services->image();
  const std::shared_ptr<const config::BrokerConfig> broker_config = context.services->config;
  const Describing from{.image = *image, .config = *broker_config, .self = context.services->broker.id};
  Response response;
  std::set<std::pair<int8_t, std::string_view>> seen;
  size_t lines = 0;
  for (const Resource& resource : request.resources) {
    if (!seen.emplace(resource.resource_type, resource.resource_name.view()).second) {
      continue;  // asked for once more: a few bytes would be answered with many
    }
    if (seen.size() % resources_between_yields == 0) {
      co_await runtime::yield();
    }
    Response::DescribeConfigsResult result;
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    const auto entries = lines < lines_max ? describe(from, resource) : too_many();
    if (!entries) {
      result.error_code = wire_number(entries.error().code);
      result.error_message = protocol::Text(entries.error().message);  // Kafka has none for an unknown topic
    } else {
      for (const ConfigEntry& entry : *entries) {
        if (is_wanted(resource, entry.name)) {
          result.configs.push_back(line_of(request, context.api_version, entry));
        }
      }
      lines += result.configs.size();
    }
    response.results.push_back(std::move(result));
  }
  co_return response;
}

}  // namespace odradek::api
