// One shard's door to the network: non-blocking sockets watched by its loop.
#pragma once

#include <memory>

#include "runtime/real/io_threads.h"
#include "runtime/real/loop.h"
#include "runtime/socket.h"

namespace odradek::runtime {

class RealNetwork final : public Network {
 public:
  RealNetwork(Loop& loop, Shard& shard, IoThreads& threads) : loop_(loop), shard_(shard), threads_(threads) {}

  [[nodiscard]] Async<std::unique_ptr<Listener>> listen(Endpoint at, SocketOptions options) override;
  [[nodiscard]] Async<std::unique_ptr<Socket>> connect(Endpoint to, SocketOptions options) override;
  [[nodiscard]] Result<std::unique_ptr<Socket>> adopt(std::unique_ptr<Accepted> accepted) override;

 private:
  Loop& loop_;
  Shard& shard_;
  IoThreads& threads_;
};

}  // namespace odradek::runtime
