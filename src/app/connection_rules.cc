#include "app/connection_rules.h"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "app/interval.h"
#include "config/value.h"

namespace odradek::app {
namespace {

std::optional<int32_t> parse_count(std::string_view text) {
  int32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc{} && end == text.data() + text.size() && count >= 0 ? std::optional(count) : std::nullopt;
}

// Options of one listener are not in the catalogue: as they were set, from the layer that decides.
std::optional<std::string> listener_value(const config::BrokerConfig& config, std::string_view listener,
                                          std::string_view option) {
  std::string name = fmt::format("listener.name.{}.{}", listener, option);
  for (char& letter : name) {
    letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  }
  for (const config::Overrides* layer :
       {&config.dynamic_values(), &config.dynamic_defaults(), &config.static_values()}) {
    if (const auto found = layer->find(name); found != layer->end()) {
      return found->second;
    }
  }
  return std::nullopt;
}

void add_override(net::ConnectionLimitOptions& limits, std::string_view element) {
  const size_t colon = element.rfind(':');
  if (colon == std::string_view::npos) {
    return;
  }
  const std::string_view host = config::trim(element.substr(0, colon));
  const std::optional<int32_t> count = parse_count(config::trim(element.substr(colon + 1)));
  if (count && host == "localhost") {
    limits.address_overrides["127.0.0.1"] = *count;
    limits.address_overrides["::1"] = *count;
  } else if (count) {
    limits.address_overrides[std::string(host)] = *count;
  }
}

}  // namespace

net::ConnectionLimitOptions connection_limits(const config::BrokerConfig& config) {
  net::ConnectionLimitOptions limits{
      .total_max = static_cast<int32_t>(config.get_int("max.connections")),
      .address_max = static_cast<int32_t>(config.get_int("max.connections.per.ip")),
      .address_overrides = {},
      .listener_max = {},
      .per_second_max = static_cast<int32_t>(config.get_int("max.connection.creation.rate")),
      .protected_listener = config.listeners().size() > 1 ? config.inter_broker_listener_name() : std::string()};
  for (const std::string& element : config::split_list(config.get_string("max.connections.per.ip.overrides"))) {
    add_override(limits, element);
  }
  for (const config::Listener& listener : config.listeners()) {
    const auto text = listener_value(config, listener.name, "max.connections");
    if (const std::optional<int32_t> count = parse_count(config::trim(text.value_or("")))) {
      limits.listener_max[listener.name] = *count;
    }
  }
  return limits;
}

runtime::Duration connection_idle_max(const config::BrokerConfig& config) {
  const int64_t asked = config.get_int("connections.max.idle.ms");
  return asked < 0 ? century : interval(asked);
}

}  // namespace odradek::app
