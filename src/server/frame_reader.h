// Cuts a connection's bytes into frames.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "runtime/socket.h"
#include "runtime/task.h"
#include "server/request_budget.h"

namespace odradek::server {

// The read buffers of one shard, lent to connections while bytes are arriving.
class BufferPool {
 public:
  static constexpr size_t buffer_size = 16 * 1024;
  using Buffer = std::shared_ptr<uint8_t[]>;

  [[nodiscard]] Buffer lend();
  // Keeps the buffer for the next who asks; frames in it may still be in use, then until they are not.
  void give_back(Buffer buffer);

 private:
  static constexpr size_t kept_max = 64;
  static constexpr size_t in_use_max = 64;
  [[nodiscard]] Buffer take_released();

  std::vector<Buffer> kept_;
  std::deque<Buffer> in_use_;  // given back with frames in use; the oldest are let go
};

// One request as it came: what follows the 4 bytes of length. Views of `bytes` live as long as `owner`.
struct Frame {
  std::shared_ptr<const void> owner;
  ByteView bytes;
  RequestBudget::Share share;
};

// Between requests it holds no buffer: it waits for readability, then borrows one from its shard's pool. Small frames
// are views of that buffer, shared with it; a large one gets memory of its own, taken as its bytes arrive, so a length
// that is only announced costs nothing.
class FrameReader {
 public:
  FrameReader(runtime::Socket& socket, BufferPool& pool, RequestBudget& budget, int32_t frame_size_max)
      : socket_(socket), pool_(pool), budget_(budget), frame_size_max_(frame_size_max) {}
  ~FrameReader() { drop_buffer(); }
  FrameReader(const FrameReader&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;

  [[nodiscard]] bool has_unread() const { return available() > 0; }
  // True if nothing is unread; then no buffer is held either. Call it when no frame is in use, and the buffer is of use
  // to the next.
  [[nodiscard]] bool rests();
  // The caller has seen that the socket is readable: next() need not wait for that again.
  void expect_bytes() { is_readable_ = true; }

  // Gives the last frame memory of its own, where it lies in the buffer: it will be in use for long, and the buffer
  // goes to the next who asks.
  void detach(Frame& frame);

  // ConnectionClosed at the end of the stream; MalformedMessage for a length that is negative or above the limit.
  [[nodiscard]] runtime::Async<Frame> next();

 private:
  [[nodiscard]] runtime::Async<> fill(size_t wanted);
  [[nodiscard]] runtime::Async<> fill_rest(size_t size);
  [[nodiscard]] runtime::Async<Frame> read_large(size_t size);
  [[nodiscard]] size_t available() const { return end_ - begin_; }
  void drop_buffer();

  runtime::Socket& socket_;
  BufferPool& pool_;
  RequestBudget& budget_;
  int32_t frame_size_max_;
  BufferPool::Buffer buffer_;  // null while nothing is unread
  size_t begin_ = 0;           // of the unread bytes in buffer_
  size_t end_ = 0;
  bool is_readable_ = false;
  bool expects_large_ = false;  // the last frame was large: read little ahead, so that little is copied
};

}  // namespace odradek::server
