#include "config/start_refusals.h"

#include <algorithm>

#include <fmt/format.h>

#include "config/detail/broker_checks.h"

namespace odradek::config {

namespace {

using Sentences = std::vector<std::string>;

void refuse_protocols(const BrokerConfig& config, Sentences& refusals) {
  for (const auto* listeners : {&config.listeners(), &config.controller_listeners()}) {
    for (const Listener& listener : *listeners) {
      if (listener.protocol != "PLAINTEXT") {
        refusals.push_back(
            fmt::format("Listener {} asks for {}, and only PLAINTEXT is served: remove it from listeners, or map it to "
                        "PLAINTEXT in "
                        "listener.security.protocol.map if its traffic may be read by others.",
                        listener.name, listener.protocol));
      }
    }
  }
  const std::string& between_brokers = config.get_string("security.inter.broker.protocol");
  if (between_brokers != "PLAINTEXT") {
    refusals.push_back(
        fmt::format("security.inter.broker.protocol is {}, and only PLAINTEXT is served: remove it.", between_brokers));
  }
}

// "sasl.jaas.config" of "listener.name.internal.sasl.jaas.config"; the name itself when it is not a listener's.
std::string_view base_name(std::string_view name) {
  constexpr std::string_view prefix = "listener.name.";
  if (!name.starts_with(prefix)) {
    return name;
  }
  const size_t dot = name.find('.', prefix.size());
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

bool is_sasl(std::string_view base) {
  // A listener's option may name its mechanism first: scram-sha-256.sasl.jaas.config.
  return base.starts_with("sasl.") || base.contains(".sasl.");
}

void refuse_security(const BrokerConfig& config, Sentences& refusals) {
  for (const auto& [name, text] : config.static_values()) {
    const std::string_view base = base_name(name);
    if (is_sasl(base)) {
      refusals.push_back(fmt::format("{} is set, and clients are not authenticated with SASL: remove it.", name));
    }
    if (base == "ssl.client.auth" && trim(text) != "none") {
      refusals.push_back(fmt::format(
          "{} is {}, and clients are not authenticated with TLS: set it to none or remove it.", name, trim(text)));
    }
  }
  if (const std::string& authorizer = config.get_string("authorizer.class.name"); !authorizer.empty()) {
    refusals.push_back(
        fmt::format("authorizer.class.name is {}, and nothing is authorized, so every client could do "
                    "everything: remove it if that is meant.",
                    authorizer));
  }
}

bool is_loopback(std::string_view host) { return host == "localhost" || host == "127.0.0.1" || host == "::1"; }

// Whether host:port is where this node's own controller listens.
bool is_own(const std::string& server, const detail::ResolvedListeners& own) {
  const size_t colon = server.rfind(':');
  std::string host = server.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  const std::string port = server.substr(colon + 1);
  const auto at_port = [&](const Listener& listener) { return std::to_string(listener.port) == port; };
  const bool is_advertised = std::ranges::any_of(
      own.controller_advertised, [&](const Listener& listener) { return at_port(listener) && listener.host == host; });
  return is_advertised || std::ranges::any_of(own.controller, [&](const Listener& listener) {
           const bool loopback = is_loopback(host) && (listener.is_wildcard() || is_loopback(listener.host));
           return at_port(listener) && (listener.host == host || loopback);
         });
}

void refuse_quorum(const BrokerConfig& config, Sentences& refusals) {
  const auto& roles = config.get_list("process.roles");
  if (roles.size() != 2) {
    refusals.push_back(
        fmt::format("process.roles is {}, and this node can only be broker and controller together: set "
                    "process.roles=broker,controller.",
                    join_list(roles)));
  }
  const int64_t node = config.get_int("node.id");
  for (const std::string& voter : config.get_list("controller.quorum.voters")) {
    if (voter.substr(0, voter.find('@')) != std::to_string(node)) {
      refusals.push_back(
          fmt::format("controller.quorum.voters names {}, and the only voter can be this node, {}: remove the "
                      "others.",
                      voter, node));
    }
  }
  const auto own = detail::resolve_listeners(config);
  for (const std::string& server : config.get_list("controller.quorum.bootstrap.servers")) {
    if (!own || !is_own(server, *own)) {
      refusals.push_back(
          fmt::format("controller.quorum.bootstrap.servers names {}, which is no controller listener of this "
                      "node, and the only controller can be this node: remove it.",
                      server));
    }
  }
}

}  // namespace

std::vector<std::string> start_refusals(const BrokerConfig& config) {
  Sentences refusals;
  refuse_protocols(config, refusals);
  refuse_security(config, refusals);
  refuse_quorum(config, refusals);
  if (config.get_bool("remote.log.storage.system.enable")) {
    refusals.emplace_back(
        "remote.log.storage.system.enable is true, and there is no remote storage: set it to false or remove it.");
  }
  return refusals;
}

}  // namespace odradek::config
