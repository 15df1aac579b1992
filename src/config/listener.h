// Where the broker listens and what it advertises, from the texts of `listeners` and its relatives.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace odradek::config {

struct Listener {
  std::string name;      // in capitals
  std::string host;      // without brackets; empty for every address
  uint16_t port = 0;     // 0 takes any free port
  std::string protocol;  // PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL

  [[nodiscard]] bool is_wildcard() const { return host.empty() || host == "0.0.0.0" || host == "::"; }

  // What to bind: both loopback addresses for localhost, else the host, where an empty one is every address.
  [[nodiscard]] std::vector<std::string> bind_hosts() const;

  friend bool operator==(const Listener&, const Listener&) = default;
};

// Listener name to security protocol, both in capitals.
class ProtocolMap {
 public:
  // `text` as in listener.security.protocol.map. Errc::InvalidConfig for what is not name:PROTOCOL or comes twice.
  [[nodiscard]] static Result<ProtocolMap> parse(std::string_view text);

  // For a controller's listener that the map of the defaults does not name.
  void add_if_absent(std::string name, std::string protocol);

  // Empty when the name is not in the map.
  [[nodiscard]] std::string_view protocol(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

// Each element is NAME://host:port; the host may be empty or an IPv6 address in brackets. Errc::InvalidConfig, naming
// `option`, for text of another form, a port above 65535, a name without protocol or a repeated name.
[[nodiscard]] Result<std::vector<Listener>> parse_listeners(std::string_view option,
                                                            std::span<const std::string> elements,
                                                            const ProtocolMap& protocols);

// Errc::InvalidConfig when two listeners would bind the same port of the same address.
[[nodiscard]] Result<> check_ports(std::span<const Listener> listeners);

[[nodiscard]] std::string upper(std::string_view text);

}  // namespace odradek::config
