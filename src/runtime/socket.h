// The doors to the network: byte streams and where they come from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "runtime/task.h"

namespace odradek::runtime {

struct Endpoint {
  std::string host;  // a numeric address, or a name to resolve (connect only)
  uint16_t port = 0;
};

// A connection that has been accepted, or given up by its shard, and not yet been given to another; closed if it is
// dropped.
class Accepted {
 public:
  virtual ~Accepted() = default;
  [[nodiscard]] virtual const Endpoint& peer() const = 0;
};

// One connected byte stream of one shard. Reads and writes may be under way at the same time, one of each.
class Socket {
 public:
  virtual ~Socket() = default;  // closes

  // Waits until bytes, or the end, can be read; holds no buffer meanwhile.
  [[nodiscard]] virtual Async<> readable() = 0;

  // At least one byte, at most into.size(); ConnectionClosed at the end of the stream.
  [[nodiscard]] virtual Async<size_t> read_some(MutableByteView into) = 0;

  // Sends all of it, file ranges without copying them through memory. ConnectionClosed if the peer is gone.
  [[nodiscard]] virtual Async<> write(ByteChain bytes) = 0;

  // Ends reads and writes under way with ConnectionClosed. May be called more than once.
  virtual void close() = 0;

  // Gives the connection up while nothing reads or writes, so that another shard can adopt it: what comes meanwhile is
  // read there. Afterwards this end counts as closed. Null if it was closed before.
  [[nodiscard]] virtual std::unique_ptr<Accepted> release() = 0;

  // Bytes read and sent so far: as long as it rises, the peer makes progress.
  [[nodiscard]] virtual uint64_t moved() const = 0;

  [[nodiscard]] virtual const Endpoint& peer() const = 0;
  [[nodiscard]] virtual const Endpoint& local() const = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;

  // The next connection. TooManyOpenFiles when descriptors ran out: try again later. Cancelled after close().
  [[nodiscard]] virtual Async<std::unique_ptr<Accepted>> accept() = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual const Endpoint& local() const = 0;  // with the real port where 0 was asked for
};

struct SocketOptions {
  int32_t send_buffer_bytes = -1;  // -1: the system's own choice
  int32_t receive_buffer_bytes = -1;
  int32_t backlog = 50;  // of a listener
};

class Network {
 public:
  virtual ~Network() = default;
  // AddressInUse, PermissionDenied, InvalidRequest (not an address of this machine).
  [[nodiscard]] virtual Async<std::unique_ptr<Listener>> listen(Endpoint at, SocketOptions options) = 0;
  [[nodiscard]] virtual Async<std::unique_ptr<Socket>> connect(Endpoint to, SocketOptions options) = 0;
  // Makes a connection one of this network's shard.
  [[nodiscard]] virtual Result<std::unique_ptr<Socket>> adopt(std::unique_ptr<Accepted> accepted) = 0;
};

}  // namespace odradek::runtime
