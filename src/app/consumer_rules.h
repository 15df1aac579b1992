// From the broker's configuration, and what a group has set for itself, to what groups of the consumer protocol act on.
#pragma once

#include "config/broker_config.h"
#include "coordinator/group/group_options.h"

namespace odradek::app {

// Fills in `consumer` and `consumer_of`.
void set_consumer_options(coordinator::GroupOptions& options, const config::BrokerConfig& config);

}  // namespace odradek::app
