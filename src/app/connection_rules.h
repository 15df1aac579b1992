// From the broker's configuration to the connections it takes.
#pragma once

#include "config/broker_config.h"
#include "net/connection_limits.h"

namespace odradek::app {

// As of the dynamic values in `config`. Overrides name addresses; of host names only localhost is known.
[[nodiscard]] net::ConnectionLimitOptions connection_limits(const config::BrokerConfig& config);

}  // namespace odradek::app
