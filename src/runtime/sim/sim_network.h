// A network in memory: byte streams whose chunks take time and arrive in pieces, as the seed says.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>

#include "runtime/shard.h"
#include "runtime/socket.h"

namespace odradek::runtime {

class SimListener;

// What all shards of a simulation share of the network: who listens where. A port is one place, whatever the host.
class SimWires {
 public:
  [[nodiscard]] Result<uint16_t> listen(uint16_t port, SimListener& listener);
  void forget(uint16_t port) { listeners_.erase(port); }
  [[nodiscard]] SimListener* listener_at(uint16_t port) const;
  [[nodiscard]] uint16_t next_port() { return next_port_++; }

 private:
  std::map<uint16_t, SimListener*> listeners_;
  uint16_t next_port_ = 32768;
};

class SimNetwork final : public Network {
 public:
  SimNetwork(SimWires& wires, Shard& shard, Duration delay_max) : wires_(wires), shard_(shard), delay_max_(delay_max) {}

  [[nodiscard]] Async<std::unique_ptr<Listener>> listen(Endpoint at, SocketOptions options) override;
  [[nodiscard]] Async<std::unique_ptr<Socket>> connect(Endpoint to, SocketOptions options) override;
  [[nodiscard]] Result<std::unique_ptr<Socket>> adopt(std::unique_ptr<Accepted> accepted) override;

  [[nodiscard]] Duration some_delay();

 private:
  SimWires& wires_;
  Shard& shard_;
  Duration delay_max_;
};

}  // namespace odradek::runtime
