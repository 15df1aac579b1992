// A network in memory: byte streams whose chunks take time and arrive in pieces, as the seed says.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "runtime/shard.h"
#include "runtime/sim/process_id.h"
#include "runtime/socket.h"

namespace odradek::runtime {

class SimListener;
struct SimLink;

enum class Way : uint8_t { ToListener, FromListener };

// What all shards of a simulation share of the network: who listens where, and the connections, which can be cut. A
// port is one place, whatever the host.
class SimWires {
 public:
  // Nothing that goes this way arrives before `until`, and no connection is made; what was sent comes then.
  void hold(Way way, MonotonicTime until);
  // Breaks one in `n` of the connections: what was under way is lost, both ends see it closed.
  void reset(uint64_t n, Random& chance);
  // The process is gone: its ports are free, its connections close. What it had sent may still arrive.
  void sever(ProcessId process, Random& chance);

  [[nodiscard]] MonotonicTime held_until(Way way) const { return held_[static_cast<size_t>(way)]; }
  void add(const std::shared_ptr<SimLink>& link);
  [[nodiscard]] Result<uint16_t> listen(uint16_t port, SimListener& listener);
  void forget(uint16_t port) { listeners_.erase(port); }
  [[nodiscard]] SimListener* listener_at(uint16_t port) const;
  [[nodiscard]] uint16_t next_port() { return next_port_++; }

 private:
  std::map<uint16_t, SimListener*> listeners_;
  std::vector<std::weak_ptr<SimLink>> links_;
  MonotonicTime held_[2] = {};
  uint16_t next_port_ = 32768;
};

class SimNetwork final : public Network {
 public:
  SimNetwork(SimWires& wires, Shard& shard, ProcessId process, Duration delay_max)
      : wires_(wires), shard_(shard), process_(process), delay_max_(delay_max) {}

  [[nodiscard]] Async<std::unique_ptr<Listener>> listen(Endpoint at, SocketOptions options) override;
  [[nodiscard]] Async<std::unique_ptr<Socket>> connect(Endpoint to, SocketOptions options) override;
  [[nodiscard]] Result<std::unique_ptr<Socket>> adopt(std::unique_ptr<Accepted> accepted) override;

  [[nodiscard]] Duration some_delay();
  [[nodiscard]] SimWires& wires() { return wires_; }

 private:
  SimWires& wires_;
  Shard& shard_;
  ProcessId process_;
  Duration delay_max_;
};

}  // namespace odradek::runtime
