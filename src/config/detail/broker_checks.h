// What the options of one broker say together: listeners, and values that contradict each other.
#pragma once

#include <vector>

#include "base/result.h"
#include "config/listener.h"

namespace odradek::config {
class BrokerConfig;
}

namespace odradek::config::detail {

struct ResolvedListeners {
  std::vector<Listener> broker;
  std::vector<Listener> advertised;
  std::vector<Listener> controller;
  std::vector<Listener> controller_advertised;
};

// Errc::InvalidConfig where Kafka would refuse to start: repeated names or ports, an advertised 0.0.0.0, an
// advertised or inter-broker name that nothing listens under, no listener for clients.
[[nodiscard]] Result<ResolvedListeners> resolve_listeners(const BrokerConfig& config);

// Errc::InvalidConfig for the first pair of values that cannot both hold.
[[nodiscard]] Result<> check_values(const BrokerConfig& config);

}  // namespace odradek::config::detail
