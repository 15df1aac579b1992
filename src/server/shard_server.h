// All connections of one shard.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string_view>

#include "api/services.h"
#include "server/connection.h"
#include "server/connection_exchange.h"
#include "server/frame_reader.h"
#include "server/request_budget.h"
#include "server/server_counters.h"

namespace odradek::server {

struct ServerOptions {
  int32_t frame_size_max = 104'857'600;                   // socket.request.max.bytes
  runtime::Duration idle_max = std::chrono::minutes(10);  // connections.max.idle.ms
  uint64_t request_memory_max = uint64_t{256} << 20;      // of this shard, bytes
};

// Belongs to its shard. Give it connections while it is open; drain it before it is destroyed.
class ShardServer {
 public:
  ShardServer(api::Services& api, ServerOptions options, ConnectionExchange& exchange);
  ~ShardServer();

  // Serves the connection until it ends, and keeps `slot` as long. After drain() began, it is closed at once.
  void take(std::unique_ptr<runtime::Socket> socket, std::string_view listener, std::shared_ptr<const void> slot = {});

  // The same for one that another shard gives up.
  void take_over(std::unique_ptr<runtime::Socket> socket, LeavingConnection leaving);

  // Reads no more requests and waits until those in flight are answered; at the deadline whatever is left is closed.
  [[nodiscard]] runtime::Task<void> drain(runtime::Deadline deadline);

  [[nodiscard]] size_t connection_count() const { return connections_.size(); }
  [[nodiscard]] const ServerCounters& counters() const { return counters_; }

 private:
  using Connections = std::list<Connection>;
  void add(std::unique_ptr<runtime::Socket> socket, std::string_view listener, std::shared_ptr<const void> slot);
  [[nodiscard]] runtime::Task<void> serve(Connections::iterator connection, std::shared_ptr<const void> slot);

  BufferPool buffers_;
  RequestBudget budget_;
  RequestBudget work_budget_;  // beside it, so that neither waits for the other
  ServerCounters counters_;
  ConnectionExchange& exchange_;
  ConnectionServices services_;
  Connections connections_;
  runtime::TaskGroup tasks_;
  runtime::Signal ended_;
  bool draining_ = false;
};

}  // namespace odradek::server
