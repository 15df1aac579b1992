// A TCP connection of one shard.
#pragma once

#include <cstdint>
#include <memory>

#include "runtime/real/descriptor_cache.h"
#include "runtime/real/io_threads.h"
#include "runtime/real/loop.h"
#include "runtime/socket.h"

namespace odradek::runtime {

class RealSocket final : public Socket {
 public:
  // Takes `fd` over: connected and non-blocking.
  RealSocket(Loop& loop, Shard& shard, IoThreads& threads, int fd, Endpoint local, Endpoint peer)
      : descriptor_(loop, shard, fd), threads_(threads), local_(std::move(local)), peer_(std::move(peer)) {}

  [[nodiscard]] Async<> readable() override;
  [[nodiscard]] Async<size_t> read_some(MutableByteView into) override;
  [[nodiscard]] Async<> write(ByteChain bytes) override;
  void close() override { descriptor_.close(); }
  [[nodiscard]] std::unique_ptr<Accepted> release() override;
  [[nodiscard]] uint64_t moved() const override { return moved_; }
  [[nodiscard]] const Endpoint& peer() const override { return peer_; }
  [[nodiscard]] const Endpoint& local() const override { return local_; }

  // For connecting: a socket is writable once it is connected, or has failed to; then it has a local end.
  WatchedDescriptor::Readiness writable() { return descriptor_.writable(); }
  void set_local(Endpoint local) { local_ = std::move(local); }

 private:
  // What one system call sent; 0 when the socket must be waited for.
  [[nodiscard]] Result<uint64_t> send_memory(const ByteChain& bytes, size_t first, uint64_t skip);
  [[nodiscard]] Result<uint64_t> send_range(const Blob& blob, uint64_t skip, uint64_t most);
  [[nodiscard]] Async<> bring_into_cache(Blob part);
  void look_whether_used_up();

  WatchedDescriptor descriptor_;
  IoThreads& threads_;
  Endpoint local_;
  Endpoint peer_;
  uint64_t moved_ = 0;
  bool took_all_asked_for_ = false;  // the last read did: there may be nothing left
};

}  // namespace odradek::runtime
