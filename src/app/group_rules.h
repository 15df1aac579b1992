// From the broker's configuration to what the coordinator of groups acts on.
#pragma once

#include "config/broker_config.h"
#include "coordinator/group/group_options.h"

namespace odradek::app {

[[nodiscard]] coordinator::GroupOptions group_options(const config::BrokerConfig& config);

}  // namespace odradek::app
