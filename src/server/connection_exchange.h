// How connections get from one shard to another.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/shard_set.h"
#include "runtime/socket.h"

namespace odradek::server {

class ShardServer;

// A connection between two shards: nothing of it is unread or unanswered.
struct LeavingConnection {
  runtime::ShardId to;
  std::unique_ptr<runtime::Accepted> connection;
  std::string listener;
  std::shared_ptr<const void> slot;  // goes where the connection goes: see ShardServer::take
};

// One for the process; safe to use from every shard. Connections are first spread evenly (net::Acceptor). One that does
// small requests for a single other shard may move there, but no shard draws more than twice its share: serving a
// connection is work that should stay spread where one partition is everybody's.
class ConnectionExchange {
 public:
  explicit ConnectionExchange(runtime::ShardSet& shards) : shards_(shards), places_(shards.size()) {}

  // Each shard gives its server once, before connections come; one that gives none draws none.
  void set(runtime::ShardId shard, ShardServer* server) { places_[shard.raw()].server = server; }

  void count(runtime::ShardId shard, int32_t change) { places_[shard.raw()].open.fetch_add(change, relaxed); }

  // Whether one more may move there now.
  [[nodiscard]] bool has_room(runtime::ShardId shard) const;

  // Resumes when the other shard's server has taken it.
  [[nodiscard]] runtime::Task<void> move(LeavingConnection leaving);

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;  // numbers for an estimate
  static constexpr int32_t few = 8;                           // so many may always be together

  struct alignas(64) Place {
    ShardServer* server = nullptr;
    std::atomic<int32_t> open = 0;
  };

  runtime::ShardSet& shards_;
  std::vector<Place> places_;  // by shard
};

}  // namespace odradek::server
