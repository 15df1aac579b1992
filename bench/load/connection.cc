#include "load/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include <fmt/format.h>

namespace odradek::bench {

std::optional<int> try_dial(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  if (::inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr) != 1) {
    give_up(fmt::format("'{}' is not an IPv4 address", endpoint.host));
  }
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) {
    give_up_errno("socket");
  }
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket);
    return std::nullopt;
  }
  const int one = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return socket;
}

int dial(const Endpoint& endpoint) {
  const auto socket = try_dial(endpoint);
  if (!socket) {
    give_up_errno(fmt::format("connect to {}:{}", endpoint.host, endpoint.port));
  }
  return *socket;
}

int dial_patiently(const Endpoint& endpoint, std::chrono::steady_clock::duration patience) {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    if (const auto socket = try_dial(endpoint)) {
      return *socket;
    }
    if (std::chrono::steady_clock::now() - begin > patience) {
      give_up("no broker listens there");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void send_all(int socket, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) {
      continue;
    }
    if (sent <= 0) {
      give_up_errno("send");
    }
    bytes = bytes.subspan(static_cast<size_t>(sent));
  }
}

Connection::~Connection() {
  if (socket_ >= 0) {
    ::close(socket_);
  }
}

std::optional<ByteView> Connection::receive() {
  for (;;) {
    if (const auto frame = in_.next()) {
      return frame;
    }
    if (in_.fill(socket_, 0) == Arrival::Closed) {
      return std::nullopt;
    }
  }
}

}  // namespace odradek::bench
