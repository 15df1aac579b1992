// Cuts what arrives on a socket into frames.
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.h"

namespace odradek::bench {

// What one read of a socket came to.
enum class Arrival : uint8_t { Bytes, NothingYet, Closed };

// Grows to the largest frame it has met.
class FrameBuffer {
 public:
  static constexpr size_t usual = size_t{256} << 10;

  explicit FrameBuffer(size_t capacity = usual) : bytes_(capacity) {}

  // Reads once; `flags` as for recv(2). Frames handed out before are gone.
  [[nodiscard]] Arrival fill(int socket, int flags);

  // The next whole frame without its size; valid until the next fill().
  [[nodiscard]] std::optional<ByteView> next();

 private:
  Bytes bytes_;
  size_t begin_ = 0;  // of what is not handed out yet
  size_t end_ = 0;
};

}  // namespace odradek::bench
