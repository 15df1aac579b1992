#include "config/detail/broker_checks.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "config/broker_config.h"

namespace odradek::config::detail {

namespace {

std::unexpected<Error> invalid(std::string message) { return fail(Errc::InvalidConfig, std::move(message)); }

bool has_name(const std::vector<Listener>& listeners, std::string_view name) {
  return std::ranges::find(listeners, name, &Listener::name) != listeners.end();
}

// Moves those that are named in `names` out of `listeners`.
std::vector<Listener> take_named(std::vector<Listener>& listeners, const std::vector<std::string>& names) {
  std::vector<Listener> taken;
  for (const Listener& listener : listeners) {
    if (std::ranges::find(names, listener.name) != names.end()) {
      taken.push_back(listener);
    }
  }
  std::erase_if(listeners, [&](const Listener& listener) { return has_name(taken, listener.name); });
  return taken;
}

Result<> check_names(const BrokerConfig& config, const ResolvedListeners& resolved) {
  if (resolved.broker.empty()) {
    return invalid(
        "Invalid value for configuration listeners: there must be a listener for clients besides those named in "
        "controller.listener.names");
  }
  for (const Listener& listener : resolved.advertised) {
    if (listener.host == "0.0.0.0") {
      return invalid(
          fmt::format("advertised.listeners cannot use the nonroutable meta-address 0.0.0.0 (listener {}); set "
                      "advertised.listeners to an address that clients can reach",
                      listener.name));
    }
    if (!has_name(resolved.broker, listener.name)) {
      return invalid(fmt::format("Invalid value for configuration advertised.listeners: {} is not a name of listeners",
                                 listener.name));
    }
  }
  const std::string inter_broker = config.inter_broker_listener_name();
  // A protocol that is not served is refused by start_refusals, in words that speak of it.
  const bool all_plain = std::ranges::all_of(resolved.advertised,
                                             [](const Listener& listener) { return listener.protocol == "PLAINTEXT"; });
  if (all_plain && !has_name(resolved.advertised, inter_broker)) {
    return invalid(
        fmt::format("inter.broker.listener.name must be a name of advertised.listeners, and {} is not; the names "
                    "are those of listeners without controller.listener.names",
                    inter_broker));
  }
  return {};
}

// "host:count" pairs.
Result<> check_connection_overrides(const BrokerConfig& config) {
  const std::string& text = config.get_string("max.connections.per.ip.overrides");
  for (const std::string& element : split_list(text)) {
    const size_t colon = element.rfind(':');
    const std::string_view count = colon == std::string::npos ? "" : trim(std::string_view(element).substr(colon + 1));
    int32_t parsed = -1;
    const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), parsed);
    if (colon == 0 || count.empty() || error != std::errc{} || end != count.data() + count.size() || parsed < 0) {
      return invalid(
          fmt::format("Invalid value {} for configuration max.connections.per.ip.overrides: an element is "
                      "host:count with a count of 0 or more",
                      element));
    }
  }
  if (config.get_int("max.connections.per.ip") == 0 && text.empty()) {
    return invalid("max.connections.per.ip can be zero only if max.connections.per.ip.overrides is set");
  }
  return {};
}

Result<> check_log_values(const BrokerConfig& config) {
  const auto& topic = [&](std::string_view name) {
    return std::get<int64_t>(config.fallback_value(option(ResourceKind::Topic, name)).value_or(Value(int64_t{1})));
  };
  if (topic("segment.ms") < 1) {
    return invalid("Invalid value for configuration log.roll.ms: Value must be at least 1");
  }
  if (topic("segment.jitter.ms") < 0) {
    return invalid("Invalid value for configuration log.roll.jitter.ms: Value must be at least 0");
  }
  if (topic("retention.ms") == 0) {
    return invalid(
        "log.retention.ms, log.retention.minutes and log.retention.hours must be -1 (unlimited) or at least 1");
  }
  if (topic("min.compaction.lag.ms") > topic("max.compaction.lag.ms")) {
    return invalid("log.cleaner.min.compaction.lag.ms must not be more than log.cleaner.max.compaction.lag.ms");
  }
  const auto cleaners = std::max<int64_t>(1, config.get_int("log.cleaner.threads"));
  if (config.get_int("log.cleaner.dedupe.buffer.size") / cleaners <= 1024 * 1024) {
    return invalid("log.cleaner.dedupe.buffer.size must be at least 1MB for each of the log.cleaner.threads");
  }
  const auto dirs = config.log_dirs();
  for (const std::string& cordoned : config.get_list("cordoned.log.dirs")) {
    if (cordoned != "*" && std::ranges::find(dirs, cordoned) == dirs.end()) {
      return invalid(
          fmt::format("Invalid value {} for configuration cordoned.log.dirs: it is not one of log.dirs", cordoned));
    }
  }
  return {};
}

// Options of which the first must not exceed the second.
constexpr std::pair<std::string_view, std::string_view> ordered[] = {
    {"replica.fetch.wait.max.ms", "replica.socket.timeout.ms"},
    {"replica.fetch.wait.max.ms", "replica.lag.time.max.ms"},
    {"group.min.session.timeout.ms", "group.max.session.timeout.ms"},
    {"group.consumer.min.session.timeout.ms", "group.consumer.session.timeout.ms"},
    {"group.consumer.session.timeout.ms", "group.consumer.max.session.timeout.ms"},
    {"group.consumer.min.heartbeat.interval.ms", "group.consumer.heartbeat.interval.ms"},
    {"group.consumer.heartbeat.interval.ms", "group.consumer.max.heartbeat.interval.ms"},
    {"group.share.min.session.timeout.ms", "group.share.session.timeout.ms"},
    {"group.share.session.timeout.ms", "group.share.max.session.timeout.ms"},
    {"group.share.min.record.lock.duration.ms", "group.share.record.lock.duration.ms"},
    {"group.share.record.lock.duration.ms", "group.share.max.record.lock.duration.ms"},
};

Result<> check_order(const BrokerConfig& config) {
  for (const auto& [low, high] : ordered) {
    if (config.get_int(low) > config.get_int(high)) {
      return invalid(
          fmt::format("{} ({}) must not be more than {} ({})", low, config.get_int(low), high, config.get_int(high)));
    }
  }
  return {};
}

}  // namespace

Result<ResolvedListeners> resolve_listeners(const BrokerConfig& config) {
  TRY(ProtocolMap protocols, ProtocolMap::parse(config.get_string("listener.security.protocol.map")));
  std::vector<std::string> controller_names;
  for (const std::string& name : config.get_list("controller.listener.names")) {
    controller_names.push_back(upper(name));
    // The map of the defaults names protocols only; a controller's listener is PLAINTEXT unless a map says otherwise.
    if (!config.is_set_statically("listener.security.protocol.map")) {
      protocols.add_if_absent(controller_names.back(), "PLAINTEXT");
    }
  }
  ResolvedListeners resolved;
  TRY(resolved.broker, parse_listeners("listeners", config.get_list("listeners"), protocols));
  TRY(check_ports(resolved.broker));
  resolved.advertised = resolved.broker;
  if (config.find("advertised.listeners") != nullptr) {
    TRY(resolved.advertised,
        parse_listeners("advertised.listeners", config.get_list("advertised.listeners"), protocols));
  }
  resolved.controller = take_named(resolved.broker, controller_names);
  resolved.controller_advertised = take_named(resolved.advertised, controller_names);
  TRY(check_names(config, resolved));
  return resolved;
}

Result<> check_values(const BrokerConfig& config) {
  if (config.get_int("node.id") != config.get_int("broker.id")) {
    return invalid(fmt::format("node.id ({}) and broker.id ({}) must be the same", config.get_int("node.id"),
                               config.get_int("broker.id")));
  }
  if (config.is_set_statically("inter.broker.listener.name") &&
      config.is_set_statically("security.inter.broker.protocol")) {
    return invalid("Only one of inter.broker.listener.name and security.inter.broker.protocol may be set");
  }
  const int64_t queued = config.get_int("queued.max.request.bytes");
  if (queued > 0 && queued < config.get_int("socket.request.max.bytes")) {
    return invalid("queued.max.request.bytes must be at least socket.request.max.bytes, or 0 or less for no limit");
  }
  const int64_t codec = config.get_int("offsets.topic.compression.codec");
  if (codec < 0 || codec > 4) {
    return invalid(
        fmt::format("Invalid value {} for configuration offsets.topic.compression.codec: Value must be between 0 "
                    "and 4",
                    codec));
  }
  TRY(check_connection_overrides(config));
  TRY(check_log_values(config));
  return check_order(config);
}

}  // namespace odradek::config::detail
