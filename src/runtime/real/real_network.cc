#include "runtime/real/real_network.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/real/address.h"
#include "runtime/real/errno_error.h"
#include "runtime/real/real_accepted.h"
#include "runtime/real/real_socket.h"

namespace odradek::runtime {
namespace {

void set_option(int fd, int level, int option, int value) {
  // A system that does not know an option, or wants another size, still has a working socket.
  static_cast<void>(::setsockopt(fd, level, option, &value, sizeof value));
}

std::string congestion_control_of(int fd) {
  std::array<char, 16> name{};  // TCP_CA_NAME_MAX
  socklen_t size = name.size();
  if (::getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) != 0) {
    return {};
  }
  return {name.data(), ::strnlen(name.data(), size)};
}

void set_congestion_control(int fd, std::string_view name) {
  static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), static_cast<socklen_t>(name.size())));
}

// Where the system's choice is BBR, it sends by a timer, at the rate it believes the path to have. Within one machine
// there is no path, and a range of a file costs twice as much. A connection that has begun with it keeps the timer
// whatever it is given later: so connections begin with reno, which is everywhere and for everyone, and those from
// elsewhere are then given the system's choice.
class CongestionControl {
 public:
  explicit CongestionControl(int listener) : of_the_system_(congestion_control_of(listener)) {
    if (of_the_system_.starts_with("bbr")) {
      set_congestion_control(listener, "reno");
    } else {
      of_the_system_.clear();
    }
  }

  void choose_for(int fd, bool is_within_this_machine) const {
    if (!of_the_system_.empty() && !is_within_this_machine) {
      set_congestion_control(fd, of_the_system_);
    }
  }

 private:
  std::string of_the_system_;  // empty: it is everyone's already
};

void set_buffers(int fd, const SocketOptions& options) {
  if (options.send_buffer_bytes > 0) {
    set_option(fd, SOL_SOCKET, SO_SNDBUF, options.send_buffer_bytes);
  }
  if (options.receive_buffer_bytes > 0) {
    set_option(fd, SOL_SOCKET, SO_RCVBUF, options.receive_buffer_bytes);
  }
}

Endpoint local_endpoint(int fd) {
  Address address;
  static_cast<void>(::getsockname(fd, address.raw(), &address.size));
  return endpoint_of(address);
}

std::string text_of(const Endpoint& endpoint) { return endpoint.host + ":" + std::to_string(endpoint.port); }

Result<OwnedDescriptor> open_socket(int family) {
  OwnedDescriptor made(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (made.get() < 0) {
    return errno_error(errno, "opening a socket");
  }
  return made;
}

Result<OwnedDescriptor> bind_and_listen(const Endpoint& at, const Address& address, const SocketOptions& options) {
  TRY(OwnedDescriptor made, open_socket(address.family()));
  set_option(made.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.family() == AF_INET6) {
    const bool is_every_address = at.host.empty() || at.host == "::";
    set_option(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, is_every_address ? 0 : 1);
  }
  set_buffers(made.get(), options);
  if (::bind(made.get(), address.raw(), address.size) != 0 || ::listen(made.get(), options.backlog) != 0) {
    return errno_error(errno, text_of(at));
  }
  return made;
}

// The first descriptor that no connection gets: those from here on are kept for files, which the connections that are
// there need to be served. The system hands out the lowest one that is free.
int first_reserved_descriptor() {
  constexpr rlim_t reserve_max = 64;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > std::numeric_limits<int>::max()) {
    return std::numeric_limits<int>::max();
  }
  return static_cast<int>(limit.rlim_cur - std::min(reserve_max, limit.rlim_cur / 8));
}

class RealListener final : public Listener {
 public:
  RealListener(Loop& loop, Shard& shard, int fd, SocketOptions options)
      : descriptor_(loop, shard, fd), local_(local_endpoint(fd)), options_(options), congestion_control_(fd) {}

  [[nodiscard]] Async<std::unique_ptr<Accepted>> accept() override {
    while (!descriptor_.is_closed()) {
      if (held_back_ && !move_below_reserve()) {
        co_return fail(Errc::TooManyOpenFiles, "no descriptor left for a connection");
      }
      if (held_back_) {
        co_return std::exchange(held_back_, nullptr);
      }
      Address from;
      const int fd = ::accept4(descriptor_.fd(), from.raw(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        set_buffers(fd, options_);
        auto accepted = std::make_unique<RealAccepted>(fd, local_endpoint(fd), endpoint_of(from));
        congestion_control_.choose_for(fd, accepted->local_end.host == accepted->peer_end.host);
        if (fd < reserved_from_) {
          co_return accepted;
        }
        held_back_ = std::move(accepted);
        continue;
      }
      const int code = errno;
      if (code == EAGAIN || code == EWOULDBLOCK) {
        descriptor_.used_up(WatchedDescriptor::Direction::Read);
        co_await descriptor_.readable();
      } else if (code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM) {
        co_return fail(Errc::TooManyOpenFiles, "no descriptor left for a connection");
      } else if (code == EBADF || code == EINVAL) {
        co_return errno_error(code, "accepting a connection");
      }
      // Anything else is trouble of the one connection that came: the next may be well.
    }
    co_return fail(Errc::Cancelled, "the listener is closed");
  }

  void close() override { descriptor_.close(); }
  [[nodiscard]] const Endpoint& local() const override { return local_; }

 private:
  // Gives the connection that is held back a descriptor below the reserve, if one has become free.
  bool move_below_reserve() {
    OwnedDescriptor lowest(::fcntl(held_back_->descriptor.get(), F_DUPFD_CLOEXEC, 0));
    if (lowest.get() < 0 || lowest.get() >= reserved_from_) {
      return false;
    }
    held_back_ = std::make_unique<RealAccepted>(lowest.release(), held_back_->local_end, held_back_->peer_end);
    return true;
  }

  WatchedDescriptor descriptor_;
  std::unique_ptr<RealAccepted> held_back_;  // came when only the reserve was left
  int reserved_from_ = first_reserved_descriptor();
  Endpoint local_;
  SocketOptions options_;
  CongestionControl congestion_control_;
};

Async<std::vector<Address>> find_addresses(IoThreads& threads, Endpoint endpoint) {
  if (is_numeric(endpoint.host)) {
    co_return resolve(endpoint);
  }
  co_return co_await threads.run([&endpoint] { return resolve(endpoint); });
}

}  // namespace

Async<std::unique_ptr<Listener>> RealNetwork::listen(Endpoint at, SocketOptions options) {
  CO_TRY(const std::vector<Address> addresses, co_await find_addresses(threads_, at));
  CO_TRY(OwnedDescriptor made, bind_and_listen(at, addresses.front(), options));
  co_return std::make_unique<RealListener>(loop_, shard_, made.release(), options);
}

Async<std::unique_ptr<Socket>> RealNetwork::connect(Endpoint to, SocketOptions options) {
  CO_TRY(const std::vector<Address> addresses, co_await find_addresses(threads_, to));
  int code = ECONNREFUSED;
  for (const Address& address : addresses) {
    CO_TRY(OwnedDescriptor made, open_socket(address.family()));
    set_option(made.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    set_buffers(made.get(), options);
    code = ::connect(made.get(), address.raw(), address.size) == 0 ? 0 : errno;
    const int fd = made.release();
    auto socket = std::make_unique<RealSocket>(loop_, shard_, threads_, fd, Endpoint{}, endpoint_of(address));
    if (code == EINPROGRESS) {
      co_await socket->writable();
      socklen_t size = sizeof code;
      static_cast<void>(::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size));
    }
    if (code == 0) {
      socket->set_local(local_endpoint(fd));
      co_return socket;
    }
  }
  co_return errno_error(code, text_of(to));
}

Result<std::unique_ptr<Socket>> RealNetwork::adopt(std::unique_ptr<Accepted> accepted) {
  auto& arrived = dynamic_cast<RealAccepted&>(*accepted);
  return std::make_unique<RealSocket>(loop_, shard_, threads_, arrived.descriptor.release(),
                                      std::move(arrived.local_end), std::move(arrived.peer_end));
}

}  // namespace odradek::runtime
