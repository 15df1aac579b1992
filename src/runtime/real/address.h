// Endpoints and the system's socket addresses.
#pragma once

#include <sys/socket.h>

#include <vector>

#include "base/result.h"
#include "runtime/socket.h"

namespace odradek::runtime {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  [[nodiscard]] const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

// The addresses of `endpoint`, in the order to try them; an empty host is every address of this machine. Numeric hosts
// answer at once, names may block. InvalidRequest for a host that does not exist.
[[nodiscard]] Result<std::vector<Address>> resolve(const Endpoint& endpoint);
[[nodiscard]] bool is_numeric(const std::string& host);

[[nodiscard]] Endpoint endpoint_of(const Address& address);

}  // namespace odradek::runtime
