#include "server/shard_server.h"

#include <utility>

namespace odradek::server {

ShardServer::ShardServer(api::Services& api, ServerOptions options, ConnectionExchange& exchange)
    : budget_(options.request_memory_max),
      work_budget_(options.request_memory_max / 4),
      exchange_(exchange),
      services_{.api = api,
                .buffers = buffers_,
                .budget = budget_,
                .work_budget = work_budget_,
                .counters = counters_,
                .exchange = exchange,
                .frame_size_max = options.frame_size_max,
                .idle_max = options.idle_max} {}

ShardServer::~ShardServer() = default;

void ShardServer::take(std::unique_ptr<runtime::Socket> socket, std::string_view listener,
                       std::shared_ptr<const void> slot) {
  ++counters_.connections_accepted;
  add(std::move(socket), listener, std::move(slot));
}

void ShardServer::take_over(std::unique_ptr<runtime::Socket> socket, LeavingConnection leaving) {
  ++counters_.connections_moved_here;
  add(std::move(socket), leaving.listener, std::move(leaving.slot));
}

void ShardServer::add(std::unique_ptr<runtime::Socket> socket, std::string_view listener,
                      std::shared_ptr<const void> slot) {
  if (draining_) {
    return;
  }
  connections_.emplace_front(std::move(socket), listener, services_);
  tasks_.spawn(serve(connections_.begin(), std::move(slot)));
}

runtime::Task<void> ShardServer::serve(Connections::iterator connection, std::shared_ptr<const void> slot) {
  const runtime::ShardId here = runtime::Shard::current().id();
  ++counters_.connections_open;
  exchange_.count(here, 1);
  const std::unique_ptr<LeavingConnection> leaving = co_await connection->serve();
  exchange_.count(here, -1);
  --counters_.connections_open;
  connections_.erase(connection);
  if (leaving != nullptr) {
    leaving->slot = std::move(slot);
    co_await exchange_.move(std::move(*leaving));
  }
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
