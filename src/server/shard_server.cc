#include "server/shard_server.h"

#include <utility>

namespace odradek::server {

ShardServer::ShardServer(api::Services& api, ServerOptions options)
    : budget_(options.request_memory_max),
      services_{.api = api,
                .buffers = buffers_,
                .budget = budget_,
                .counters = counters_,
                .frame_size_max = options.frame_size_max,
                .idle_max = options.idle_max} {}

ShardServer::~ShardServer() = default;

void ShardServer::take(std::unique_ptr<runtime::Socket> socket, std::string_view listener,
                       std::shared_ptr<const void> slot) {
  if (draining_) {
    return;
  }
  ++counters_.connections_accepted;
  connections_.emplace_front(std::move(socket), listener, services_);
  tasks_.spawn(serve(connections_.begin(), std::move(slot)));
}

runtime::Task<void> ShardServer::serve(Connections::iterator connection,
                                       [[maybe_unused]] std::shared_ptr<const void> slot) {
  ++counters_.connections_open;
  co_await connection->serve();
  --counters_.connections_open;
  connections_.erase(connection);
  ended_.notify_all();
}

runtime::Task<void> ShardServer::drain(runtime::Deadline deadline) {
  draining_ = true;
  runtime::Waiter waiter;
  waiter.subscribe(ended_);
  for (Connection& connection : connections_) {
    connection.drain();
  }
  while (!connections_.empty()) {
    const bool woken = co_await waiter.wait(deadline);
    if (!woken) {
      break;
    }
  }
  for (Connection& connection : connections_) {
    connection.close();
  }
  co_await tasks_.join();
}

}  // namespace odradek::server
