// A TCP connection between two shards, or before its first.
#pragma once

#include <unistd.h>

#include <utility>

#include "runtime/socket.h"

namespace odradek::runtime {

// A descriptor until somebody takes it over.
class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int fd) : fd_(fd) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : fd_(other.release()) {}
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(OwnedDescriptor&&) = delete;
  ~OwnedDescriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

class RealAccepted final : public Accepted {
 public:
  RealAccepted(int fd, Endpoint local, Endpoint peer)
      : descriptor(fd), local_end(std::move(local)), peer_end(std::move(peer)) {}
  [[nodiscard]] const Endpoint& peer() const override { return peer_end; }
  OwnedDescriptor descriptor;
  Endpoint local_end;
  Endpoint peer_end;
};

}  // namespace odradek::runtime
