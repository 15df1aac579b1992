#include "app/consumer_rules.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <variant>

#include "config/options.h"
#include "config/value.h"

namespace odradek::app {

namespace {

using coordinator::ConsumerOptions;
using coordinator::MigrationPolicy;
using std::chrono::milliseconds;

// What a group may set: the values that an administrator allows.
struct Bounds {
  milliseconds least;
  milliseconds most;
};

struct GroupBounds {
  Bounds session_timeout;
  Bounds heartbeat_interval;
  Bounds assignment_interval;
};

milliseconds read(const config::BrokerConfig& config, std::string_view option) {
  return milliseconds(config.get_int(option));
}

MigrationPolicy policy_of(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (text == "disabled") {
    return MigrationPolicy::Disabled;
  }
  if (text == "upgrade") {
    return MigrationPolicy::Upgrade;
  }
  return text == "downgrade" ? MigrationPolicy::Downgrade : MigrationPolicy::Bidirectional;
}

GroupBounds bounds_of(const config::BrokerConfig& config) {
  return {.session_timeout = {read(config, "group.consumer.min.session.timeout.ms"),
                              read(config, "group.consumer.max.session.timeout.ms")},
          .heartbeat_interval = {read(config, "group.consumer.min.heartbeat.interval.ms"),
                                 read(config, "group.consumer.max.heartbeat.interval.ms")},
          .assignment_interval = {read(config, "group.consumer.min.assignment.interval.ms"),
                                  read(config, "group.consumer.max.assignment.interval.ms")}};
}

// The bounds may have changed since the value was accepted.
void set(milliseconds& value, const std::map<std::string, std::string, std::less<>>& overrides, std::string_view name,
         const Bounds& bounds) {
  const auto found = overrides.find(name);
  if (found == overrides.end()) {
    return;
  }
  const auto parsed = config::parse_value(config::option(config::ResourceKind::Group, name), found->second);
  if (parsed) {
    value = std::max(bounds.least, std::min(bounds.most, milliseconds(std::get<int64_t>(*parsed))));
  }
}

}  // namespace

void set_consumer_options(coordinator::GroupOptions& options, const config::BrokerConfig& config) {
  auto shared = std::make_shared<const ConsumerOptions>(
      ConsumerOptions{.session_timeout = read(config, "group.consumer.session.timeout.ms"),
                      .heartbeat_interval = read(config, "group.consumer.heartbeat.interval.ms"),
                      .assignment_interval = read(config, "group.consumer.assignment.interval.ms"),
                      .regex_refresh_interval = read(config, "group.consumer.regex.refresh.interval.ms"),
                      .size_max = static_cast<int32_t>(config.get_int("group.consumer.max.size")),
                      .assignors = config.get_list("group.consumer.assignors"),
                      .migration_policy = policy_of(config.get_string("group.consumer.migration.policy"))});
  options.consumer = shared;
  options.consumer_of = [shared, bounds = bounds_of(config)](const auto& overrides) {
    ConsumerOptions own = *shared;
    set(own.session_timeout, overrides, "consumer.session.timeout.ms", bounds.session_timeout);
    set(own.heartbeat_interval, overrides, "consumer.heartbeat.interval.ms", bounds.heartbeat_interval);
    set(own.assignment_interval, overrides, "consumer.assignment.interval.ms", bounds.assignment_interval);
    return std::make_shared<const ConsumerOptions>(std::move(own));
  };
}

}  // namespace odradek::app
