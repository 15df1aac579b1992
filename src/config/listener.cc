#include "config/listener.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "config/value.h"

namespace odradek::config {

namespace {

constexpr std::string_view known_protocols[] = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};

std::unexpected<Error> malformed(std::string_view option, std::string_view element) {
  return fail(
      Errc::InvalidConfig,
      fmt::format("Invalid value {} for configuration {}: a listener is NAME://host:port, the host may be empty "
                  "or an IPv6 address in brackets, the port is 0 to 65535",
                  element, option));
}

bool is_host_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-%._").contains(c);
}

// "host", "" or "[IPv6]"; the host without brackets.
Result<std::string> parse_host(std::string_view option, std::string_view element, std::string_view text) {
  const bool in_brackets = text.size() >= 2 && text.front() == '[' && text.back() == ']';
  if (in_brackets) {
    text = text.substr(1, text.size() - 2);
  }
  const bool good =
      std::ranges::all_of(text, [&](char c) { return is_host_character(c) || (c == ':' && in_brackets); });
  if (!good || (in_brackets && text.empty())) {
    return malformed(option, element);
  }
  return std::string(text);
}

Result<uint16_t> parse_port(std::string_view option, std::string_view element, std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return malformed(option, element);
  }
  return port;
}

bool is_ipv6(const Listener& listener) { return listener.host.contains(':'); }

}  // namespace

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

std::vector<std::string> Listener::bind_hosts() const {
  if (equal_any_case(host, "localhost")) {
    return {"127.0.0.1", "::1"};
  }
  return {host};
}

Result<ProtocolMap> ProtocolMap::parse(std::string_view text) {
  ProtocolMap map;
  for (const std::string& element : split_list(text)) {
    const size_t colon = element.rfind(':');
    const std::string protocol =
        colon == std::string::npos ? "" : upper(trim(std::string_view(element).substr(colon + 1)));
    const std::string name = upper(trim(std::string_view(element).substr(0, colon)));
    if (name.empty() || std::ranges::find(known_protocols, protocol) == std::end(known_protocols)) {
      return fail(Errc::InvalidConfig,
                  fmt::format("Invalid value {} for configuration listener.security.protocol.map: an element is "
                              "NAME:PROTOCOL with a protocol of {}",
                              element, fmt::join(known_protocols, ", ")));
    }
    if (!map.protocol(name).empty()) {
      return fail(
          Errc::InvalidConfig,
          fmt::format("Invalid value {} for configuration listener.security.protocol.map: listener {} is mapped twice",
                      text, name));
    }
    map.entries_.emplace_back(name, protocol);
  }
  return map;
}

void ProtocolMap::add_if_absent(std::string name, std::string protocol) {
  if (this->protocol(name).empty()) {
    entries_.emplace_back(std::move(name), std::move(protocol));
  }
}

std::string_view ProtocolMap::protocol(std::string_view name) const {
  for (const auto& [listener, protocol] : entries_) {
    if (listener == name) {
      return protocol;
    }
  }
  return {};
}

Result<std::vector<Listener>> parse_listeners(std::string_view option, std::span<const std::string> elements,
                                              const ProtocolMap& protocols) {
  std::vector<Listener> listeners;
  for (const std::string& element : elements) {
    const std::string_view text = element;
    const size_t slashes = text.find("://");
    const size_t colon = text.rfind(':');
    if (slashes == std::string_view::npos || slashes == 0 || colon < slashes + 3) {
      return malformed(option, element);
    }
    Listener listener;
    listener.name = upper(text.substr(0, slashes));
    TRY(listener.host, parse_host(option, element, text.substr(slashes + 3, colon - slashes - 3)));
    TRY(listener.port, parse_port(option, element, text.substr(colon + 1)));
    listener.protocol = protocols.protocol(listener.name);
    if (listener.protocol.empty()) {
      return fail(Errc::InvalidConfig,
                  fmt::format("Invalid value {} for configuration {}: listener {} has no protocol in "
                              "listener.security.protocol.map",
                              element, option, listener.name));
    }
    if (std::ranges::find(listeners, listener.name, &Listener::name) != listeners.end()) {
      return fail(Errc::InvalidConfig,
                  fmt::format("Invalid value {} for configuration {}: each listener must have a different name",
                              fmt::join(elements, ","), option));
    }
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

Result<> check_ports(std::span<const Listener> listeners) {
  for (size_t i = 0; i < listeners.size(); ++i) {
    for (size_t j = i + 1; j < listeners.size(); ++j) {
      const Listener& a = listeners[i];
      const Listener& b = listeners[j];
      const bool apart =
          a.port != b.port || a.port == 0 || (!a.host.empty() && !b.host.empty() && is_ipv6(a) != is_ipv6(b));
      if (!apart) {
        return fail(Errc::InvalidConfig,
                    fmt::format("Invalid value for configuration listeners: {} and {} both use port {}; each listener "
                                "must have a different port unless one has an IPv4 and the other an IPv6 address",
                                a.name, b.name, a.port));
      }
    }
  }
  return {};
}

}  // namespace odradek::config
