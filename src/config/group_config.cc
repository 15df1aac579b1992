#include "config/group_config.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "base/ensure.h"

namespace odradek::config {

namespace {

std::unexpected<Error> invalid(std::string message) { return fail(Errc::InvalidConfig, std::move(message)); }

Result<> check_each(ResourceKind kind, std::string_view what, Errc unknown_name, const Overrides& overrides) {
  for (const auto& [name, text] : overrides) {
    const Option* option = find_option(kind, name);
    if (option == nullptr) {
      return fail(unknown_name, fmt::format("Unknown {}: {}", what, name));
    }
    TRY(parse_value(*option, text));
  }
  return {};
}

std::optional<Value> effective(const BrokerConfig& broker, const Option& option, const Overrides& overrides) {
  if (const auto own = overrides.find(option.name); own != overrides.end()) {
    if (auto value = parse_value(option, own->second)) {
      return *std::move(value);
    }
  }
  if (auto value = broker.fallback_value(option)) {
    return value;
  }
  auto value = parse_value(option, option.preset.text);
  ensure(value.has_value(), option.name);
  return *std::move(value);
}

int64_t effective_int(const BrokerConfig& broker, std::string_view name, const Overrides& overrides) {
  return std::get<int64_t>(*effective(broker, option(ResourceKind::Group, name), overrides));
}

// A group's option and the broker's options that bound it; empty where there is no such bound.
struct Bound {
  std::string_view name;
  std::string_view low;
  std::string_view high;
};
constexpr Bound bounds[] = {
    {"consumer.session.timeout.ms", "group.consumer.min.session.timeout.ms", "group.consumer.max.session.timeout.ms"},
    {"consumer.heartbeat.interval.ms", "group.consumer.min.heartbeat.interval.ms",
     "group.consumer.max.heartbeat.interval.ms"},
    {"consumer.assignment.interval.ms", "group.consumer.min.assignment.interval.ms",
     "group.consumer.max.assignment.interval.ms"},
    {"share.session.timeout.ms", "group.share.min.session.timeout.ms", "group.share.max.session.timeout.ms"},
    {"share.heartbeat.interval.ms", "group.share.min.heartbeat.interval.ms", "group.share.max.heartbeat.interval.ms"},
    {"share.assignment.interval.ms", "group.share.min.assignment.interval.ms",
     "group.share.max.assignment.interval.ms"},
    {"share.record.lock.duration.ms", "group.share.min.record.lock.duration.ms",
     "group.share.max.record.lock.duration.ms"},
    {"share.delivery.count.limit", "group.share.min.delivery.count.limit", "group.share.max.delivery.count.limit"},
    {"share.partition.max.record.locks", "group.share.min.partition.max.record.locks",
     "group.share.max.partition.max.record.locks"},
    {"streams.session.timeout.ms", "group.streams.min.session.timeout.ms", "group.streams.max.session.timeout.ms"},
    {"streams.heartbeat.interval.ms", "group.streams.min.heartbeat.interval.ms",
     "group.streams.max.heartbeat.interval.ms"},
    {"streams.assignment.interval.ms", "group.streams.min.assignment.interval.ms",
     "group.streams.max.assignment.interval.ms"},
    {"streams.num.standby.replicas", "", "group.streams.max.standby.replicas"},
};

Result<> check_bounds(const BrokerConfig& broker, const Overrides& overrides) {
  for (const Bound& bound : bounds) {
    if (!overrides.contains(bound.name)) {
      continue;
    }
    const int64_t value = effective_int(broker, bound.name, overrides);
    if (!bound.low.empty() && value < broker.get_int(bound.low)) {
      return invalid(
          fmt::format("{} must be greater than or equal to {} ({})", bound.name, bound.low, broker.get_int(bound.low)));
    }
    if (value > broker.get_int(bound.high)) {
      return invalid(
          fmt::format("{} must be less than or equal to {} ({})", bound.name, bound.high, broker.get_int(bound.high)));
    }
  }
  for (const std::string_view kind : {"consumer", "share", "streams"}) {
    const std::string session = fmt::format("{}.session.timeout.ms", kind);
    const std::string heartbeat = fmt::format("{}.heartbeat.interval.ms", kind);
    if (effective_int(broker, session, overrides) <= effective_int(broker, heartbeat, overrides)) {
      return invalid(fmt::format("{} must be greater than {}", session, heartbeat));
    }
  }
  return {};
}

ConfigEntry entry_of(const Option& option) {
  ConfigEntry entry;
  entry.name = option.name;
  entry.type = option.type;
  entry.documentation = option.documentation;
  return entry;
}

void add_own(ConfigEntry& entry, const Overrides& overrides, ConfigSource source) {
  if (overrides.contains(entry.name)) {
    entry.synonyms.push_back({.name = entry.name, .value = entry.value, .source = source});
  }
}

constexpr std::string_view selectors[] = {"client_instance_id",    "client_id",
                                          "client_software_name",  "client_software_version",
                                          "client_source_address", "client_source_port"};

Result<> check_match(std::string_view element) {
  const size_t equals = element.find('=');
  const std::string_view selector = trim(element.substr(0, equals));
  const bool is_pair = equals != std::string_view::npos && !trim(element.substr(equals + 1)).empty();
  if (!is_pair || std::ranges::find(selectors, selector) == std::end(selectors)) {
    return invalid(
        fmt::format("Illegal client matching pattern: {}; it is selector=pattern, with a selector of "
                    "client_instance_id, client_id, client_software_name, client_software_version, "
                    "client_source_address, client_source_port",
                    element));
  }
  return {};
}

}  // namespace

Result<> validate_group(const BrokerConfig& broker, std::string_view group, const Overrides& overrides) {
  if (group.empty()) {
    return fail(Errc::InvalidRequest, "Default group resources are not allowed.");
  }
  TRY(check_each(ResourceKind::Group, "group config name", Errc::InvalidConfig, overrides));
  return check_bounds(broker, overrides);
}

std::vector<ConfigEntry> describe_group(const BrokerConfig& broker, const Overrides& overrides) {
  std::vector<ConfigEntry> entries;
  for (const Option* option : options(ResourceKind::Group)) {
    ConfigEntry entry = entry_of(*option);
    entry.value = text(*effective(broker, *option, overrides));
    add_own(entry, overrides, ConfigSource::Group);
    if (const std::string_view of_broker = option->fallbacks.front().option; !of_broker.empty()) {
      const std::string_view names[] = {of_broker};
      std::ranges::move(broker.synonyms(of_broker, names), std::back_inserter(entry.synonyms));
    } else {
      entry.synonyms.push_back(
          {.name = entry.name, .value = std::string(option->preset.text), .source = ConfigSource::Default});
    }
    entry.source = entry.synonyms.empty() ? ConfigSource::Default : entry.synonyms.front().source;
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<> validate_client_metrics(std::string_view subscription, const Overrides& overrides) {
  if (subscription.empty()) {
    return fail(Errc::InvalidRequest, "Subscription name can't be empty");
  }
  TRY(check_each(ResourceKind::ClientMetrics, "client metrics configuration", Errc::InvalidRequest, overrides));
  constexpr int64_t least = 100;
  constexpr int64_t most = 3'600'000;
  if (const auto interval = overrides.find("interval.ms"); interval != overrides.end()) {
    TRY(const Value value, parse_value(option(ResourceKind::ClientMetrics, "interval.ms"), interval->second));
    const int64_t ms = std::get<int64_t>(value);
    if (ms < least || ms > most) {
      return fail(Errc::InvalidRequest,
                  fmt::format("Invalid value {} for interval.ms, interval must be between {} and {} (1 hour)", ms,
                              least, most));
    }
  }
  if (const auto match = overrides.find("match"); match != overrides.end()) {
    for (const std::string& element : split_list(match->second)) {
      TRY(check_match(element));
    }
  }
  return {};
}

std::vector<ConfigEntry> describe_client_metrics(const Overrides& overrides) {
  std::vector<ConfigEntry> entries;
  for (const Option* option : options(ResourceKind::ClientMetrics)) {
    ConfigEntry entry = entry_of(*option);
    const auto own = overrides.find(option->name);
    entry.value = own == overrides.end() ? std::string(option->preset.text) : own->second;
    add_own(entry, overrides, ConfigSource::ClientMetrics);
    entry.source = entry.synonyms.empty() ? ConfigSource::Default : ConfigSource::ClientMetrics;
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace odradek::config
