// Accepts connections on one address and hands each to a shard.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "observe/log.h"
#include "runtime/shard_set.h"
#include "runtime/socket.h"
#include "runtime/task_group.h"

namespace odradek::net {

// Takes over a connection; called on the shard that is to own it.
using ConnectionSink = std::function<void(std::unique_ptr<runtime::Socket>)>;

// Owned by the shard it was opened on. Connections go to the shards in turn, so that they spread evenly whatever the
// clients' ports hash to.
class Acceptor {
 public:
  // `sink` is called from every shard and must be safe for that. Errors are those of Network::listen.
  [[nodiscard]] static runtime::Async<std::unique_ptr<Acceptor>> open(runtime::ShardSet& shards, runtime::Endpoint at,
                                                                      runtime::SocketOptions options,
                                                                      ConnectionSink sink);

  // Begins to accept; until then connections wait in the backlog.
  void start();

  // Stops accepting at once. The sink is not called any more after it returned.
  [[nodiscard]] runtime::Task<void> stop();

  // The address it listens on, with the real port where 0 was asked for.
  [[nodiscard]] const runtime::Endpoint& local() const { return listener_->local(); }

 private:
  Acceptor(runtime::ShardSet& shards, std::unique_ptr<runtime::Listener> listener, ConnectionSink sink);
  runtime::Task<void> accept_all();
  void hand_over(std::unique_ptr<runtime::Accepted> accepted);

  runtime::ShardSet& shards_;
  std::unique_ptr<runtime::Listener> listener_;
  ConnectionSink sink_;
  uint32_t next_shard_ = 0;
  runtime::TaskGroup tasks_;
  runtime::Waiter stopping_;
  bool stopped_ = false;
  observe::Logger log_{"net"};
};

}  // namespace odradek::net
