#include "runtime/real/host_name.h"

#include <netdb.h>
#include <unistd.h>

#include <array>

namespace odradek::runtime {

std::string host_name() {
  std::array<char, 256> own{};  // names have at most 253 characters
  if (::gethostname(own.data(), own.size() - 1) != 0) {
    return "localhost";
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_CANONNAME;
  addrinfo* found = nullptr;
  if (::getaddrinfo(own.data(), nullptr, &hints, &found) != 0) {
    return "localhost";  // a name that not even this machine can look up helps no client
  }
  const std::string name = found->ai_canonname != nullptr ? found->ai_canonname : own.data();
  ::freeaddrinfo(found);
  return name;
}

}  // namespace odradek::runtime
