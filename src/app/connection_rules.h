// From the broker's configuration to the connections it takes.
#pragma once

#include "config/broker_config.h"
#include "net/connection_limits.h"
#include "runtime/time.h"

namespace odradek::app {

// As of the dynamic values in `config`. Overrides name addresses; of host names only localhost is known.
[[nodiscard]] net::ConnectionLimitOptions connection_limits(const config::BrokerConfig& config);

// How long a connection may be idle (connections.max.idle.ms). As in Kafka a negative one is without end: a century.
[[nodiscard]] runtime::Duration connection_idle_max(const config::BrokerConfig& config);

}  // namespace odradek::app
