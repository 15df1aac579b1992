// Accepts connections on one address and hands each to a shard.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/connection_limits.h"
#include "observe/log.h"
#include "runtime/shard_set.h"
#include "runtime/socket.h"
#include "runtime/task_group.h"

namespace odradek::net {

// Takes over a connection, and the slot for as long as it lives; called on the shard that is to own it.
using ConnectionSink = std::function<void(std::unique_ptr<runtime::Socket>, ConnectionSlot)>;

struct AcceptorOptions {
  std::string listener;  // as `limits` know it
  runtime::Endpoint at;
  runtime::SocketOptions socket;
};

// Owned by the shard it was opened on. Connections go to the shards in turn, so that they spread evenly whatever the
// clients' ports hash to.
class Acceptor {
 public:
  // `sink` is called from every shard and must be safe for that. Errors are those of Network::listen.
  [[nodiscard]] static runtime::Async<std::unique_ptr<Acceptor>> open(runtime::ShardSet& shards,
                                                                      AcceptorOptions options,
                                                                      std::shared_ptr<ConnectionLimits> limits,
                                                                      ConnectionSink sink);

  // Begins to accept; until then connections wait in the backlog.
  void start();

  // Stops accepting at once. The sink is not called any more after it returned.
  [[nodiscard]] runtime::Task<void> stop();

  // The address it listens on, with the real port where 0 was asked for.
  [[nodiscard]] const runtime::Endpoint& local() const { return listener_->local(); }

 private:
  Acceptor(runtime::ShardSet& shards, std::string name, std::unique_ptr<runtime::Listener> listener,
           std::shared_ptr<ConnectionLimits> limits, ConnectionSink sink);
  runtime::Task<void> accept_all();
  runtime::Task<void> take_in(std::unique_ptr<runtime::Accepted> accepted);
  void hand_over(std::unique_ptr<runtime::Accepted> accepted, ConnectionSlot slot);

  runtime::ShardSet& shards_;
  std::string name_;
  std::unique_ptr<runtime::Listener> listener_;
  std::shared_ptr<ConnectionLimits> limits_;
  ConnectionSink sink_;
  uint32_t next_shard_ = 0;
  runtime::TaskGroup tasks_;
  runtime::Waiter stopping_;  // also woken when the limits change
  bool stopped_ = false;
  observe::Logger log_{"net"};
};

}  // namespace odradek::net
