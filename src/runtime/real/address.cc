#include "runtime/real/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "runtime/real/real_accepted.h"

namespace odradek::runtime {
namespace {

// Every address of this machine: one IPv6 socket takes IPv4 too, where there is IPv6.
const char* every_address() {
  const OwnedDescriptor probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return probe.get() < 0 && errno == EAFNOSUPPORT ? "0.0.0.0" : "::";
}

}  // namespace

bool is_numeric(const std::string& host) {
  in6_addr parsed{};
  return host.empty() || ::inet_pton(AF_INET, host.c_str(), &parsed) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

Result<std::vector<Address>> resolve(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV | (is_numeric(endpoint.host) ? AI_NUMERICHOST : 0);
  const char* host = endpoint.host.empty() ? every_address() : endpoint.host.c_str();
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host, std::to_string(endpoint.port).c_str(), &hints, &found);
  if (code != 0) {
    return fail(Errc::InvalidRequest, endpoint.host + ": " + ::gai_strerror(code));
  }
  std::vector<Address> addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    Address& address = addresses.emplace_back();
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.size = info->ai_addrlen;
  }
  ::freeaddrinfo(found);
  return addresses;
}

Endpoint endpoint_of(const Address& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.family() == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {.host = text, .port = ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    ::inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof text);
  } else {
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  }
  return {.host = text, .port = ntohs(v6.sin6_port)};
}

}  // namespace odradek::runtime
