#include "server/connection_exchange.h"

#include <algorithm>
#include <utility>

#include "server/shard_server.h"

namespace odradek::server {

bool ConnectionExchange::has_room(runtime::ShardId shard) const {
  int32_t all = 0;
  for (const Place& place : places_) {
    all += place.open.load(relaxed);
  }
  const int32_t share = all / static_cast<int32_t>(places_.size());
  const Place& there = places_[shard.raw()];
  return there.server != nullptr && there.open.load(relaxed) < std::max(2 * share, few);
}

runtime::Task<void> ConnectionExchange::move(LeavingConnection leaving) {
  co_await shards_.on(leaving.to, [this, &leaving]() -> runtime::Task<void> {
    auto socket = runtime::Shard::current().network().adopt(std::move(leaving.connection));
    if (socket) {
      places_[leaving.to.raw()].server->take_over(*std::move(socket), std::move(leaving));
    }
    co_return;
  });
}

}  // namespace odradek::server
