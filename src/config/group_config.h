// The options of a group (share, consumer, streams) and of a subscription to client metrics.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/broker_config.h"
#include "config/config_entry.h"

namespace odradek::config {

// Whether a group may have these overrides. Errc::InvalidRequest for an empty name. Errc::InvalidConfig for an unknown
// option, a bad value, one outside the broker's group.*.min and .max options, and a session no longer than a heartbeat.
[[nodiscard]] Result<> validate_group(const BrokerConfig& broker, std::string_view group, const Overrides& overrides);

// What DescribeConfigs answers for a group, ascending by name.
[[nodiscard]] std::vector<ConfigEntry> describe_group(const BrokerConfig& broker, const Overrides& overrides);

// Whether a subscription may have these overrides. Errc::InvalidRequest for an empty name, an unknown option and an
// interval outside 100 ms to an hour. Errc::InvalidConfig for a bad value and a match that is not selector=pattern.
[[nodiscard]] Result<> validate_client_metrics(std::string_view subscription, const Overrides& overrides);

// What DescribeConfigs answers for a subscription, ascending by name.
[[nodiscard]] std::vector<ConfigEntry> describe_client_metrics(const Overrides& overrides);

}  // namespace odradek::config
