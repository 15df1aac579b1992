// Settings that Odradek must not ignore: starting without what they ask for would expose or endanger data.
#pragma once

#include <string>
#include <vector>

#include "config/broker_config.h"

namespace odradek::config {

// One sentence for each such setting, which says what is wrong and how to mend it. Empty when the broker may start.
[[nodiscard]] std::vector<std::string> start_refusals(const BrokerConfig& config);

}  // namespace odradek::config
