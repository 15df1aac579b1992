#include "load/frame_buffer.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/big_endian.h"
#include "load/give_up.h"

namespace odradek::bench {
namespace {

constexpr size_t size_field = 4;
constexpr size_t frame_size_max = size_t{256} << 20;

}  // namespace

Arrival FrameBuffer::fill(int socket, int flags) {
  if (begin_ > 0) {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ >= size_field) {
    const size_t wanted = size_field + load_big_endian<uint32_t>(bytes_.data());
    if (wanted > frame_size_max) {
      give_up("a frame of more than 256 MiB arrived");
    }
    if (wanted > bytes_.size()) {
      bytes_.resize(wanted);
    }
  }
  const ssize_t got = ::recv(socket, bytes_.data() + end_, bytes_.size() - end_, flags);
  if (got > 0) {
    end_ += static_cast<size_t>(got);
    return Arrival::Bytes;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return Arrival::NothingYet;
  }
  return Arrival::Closed;
}

std::optional<ByteView> FrameBuffer::next() {
  const size_t held = end_ - begin_;
  if (held < size_field) {
    return std::nullopt;
  }
  const size_t size = load_big_endian<uint32_t>(bytes_.data() + begin_);
  if (held - size_field < size) {
    return std::nullopt;
  }
  const ByteView frame(bytes_.data() + begin_ + size_field, size);
  begin_ += size_field + size;
  return frame;
}

}  // namespace odradek::bench
