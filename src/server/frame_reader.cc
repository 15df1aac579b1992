#include "server/frame_reader.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "base/big_endian.h"
#include "runtime/shard.h"

namespace odradek::server {
namespace {

constexpr size_t length_size = 4;

// How much of a large frame is asked for ahead of the bytes that are there; and while memory is not plentiful, when
// thousands who announce much and send little would hold all of it.
constexpr size_t growth_first = 1 << 20;
constexpr size_t growth_first_careful = 4 << 10;

// Read ahead of a frame that is expected to be large: its length and header, to be copied once.
constexpr size_t small_read_ahead = 2 * 1024;

// A fast sender must not hold the shard.
constexpr size_t bytes_per_turn = 1 << 20;

// Large frames that grow together could wait for each other's memory for ever; after this long one of them gives up.
constexpr runtime::Duration growth_patience = std::chrono::seconds(3);

// Memory of a large frame. The allocator moves the pages of a large block to where there is room for more, where a copy
// of half a frame would take milliseconds and hold both.
class GrowingMemory {
 public:
  explicit GrowingMemory(size_t size) { grow(size); }
  void grow(size_t size) {
    auto* larger = static_cast<uint8_t*>(std::realloc(bytes_.release(), size));
    ensure(larger != nullptr, "there is memory for a request");
    bytes_.reset(larger);
  }
  [[nodiscard]] uint8_t* get() const { return bytes_.get(); }
  [[nodiscard]] std::shared_ptr<const void> share() && { return {bytes_.release(), Free{}}; }

 private:
  struct Free {
    void operator()(const void* bytes) const { std::free(const_cast<void*>(bytes)); }
  };
  std::unique_ptr<uint8_t, Free> bytes_;
};

std::unexpected<Error> too_slow(size_t filled, size_t size) {
  return fail(Errc::RequestTimedOut, fmt::format("{} of {} bytes in {} s, and the memory for requests is spent", filled,
                                                 size, AwaitedPeer::grace / std::chrono::seconds(1)));
}

}  // namespace

BufferPool::Buffer BufferPool::lend() {
  if (!kept_.empty()) {
    Buffer buffer = std::move(kept_.back());
    kept_.pop_back();
    return buffer;
  }
  if (Buffer buffer = take_released()) {
    return buffer;
  }
  return std::make_shared_for_overwrite<uint8_t[]>(buffer_size);
}

void BufferPool::give_back(Buffer buffer) {
  if (buffer.use_count() > 1) {
    in_use_.push_back(std::move(buffer));
    if (in_use_.size() > in_use_max) {
      in_use_.pop_front();
    }
  } else if (kept_.size() < kept_max) {
    // Another shard may have been the last to read from it.
    std::atomic_thread_fence(std::memory_order_acquire);
    kept_.push_back(std::move(buffer));
  }
}

// Looks at the oldest alone: it is the likeliest, and each look is at memory that another shard may be writing.
BufferPool::Buffer BufferPool::take_released() {
  if (in_use_.empty()) {
    return nullptr;
  }
  Buffer oldest = std::move(in_use_.front());
  in_use_.pop_front();
  if (oldest.use_count() > 1) {
    in_use_.push_back(std::move(oldest));
    return nullptr;
  }
  std::atomic_thread_fence(std::memory_order_acquire);
  return oldest;
}

void FrameReader::drop_buffer() {
  if (buffer_ != nullptr) {
    pool_.give_back(std::move(buffer_));
    buffer_ = nullptr;
  }
  begin_ = end_ = 0;
}

bool FrameReader::rests() {
  if (available() > 0) {
    return false;
  }
  drop_buffer();
  return true;
}

void FrameReader::detach(Frame& frame) {
  if (frame.owner == nullptr || frame.owner.get() != buffer_.get()) {
    return;
  }
  const auto copy = std::make_shared<const Bytes>(frame.bytes.begin(), frame.bytes.end());
  frame.bytes = *copy;
  frame.owner = copy;
  if (available() == 0) {
    drop_buffer();
  }
}

runtime::Async<Frame> FrameReader::next() {
  CO_TRY(co_await fill(length_size));
  const auto size = load_big_endian<int32_t>(buffer_.get() + begin_);
  if (size < 0 || size > frame_size_max_) {
    co_return fail(Errc::MalformedMessage,
                   fmt::format("a request of {} bytes is announced; 0 to {} are allowed", size, frame_size_max_));
  }
  const auto frame_size = static_cast<size_t>(size);
  begin_ += length_size;
  expects_large_ = frame_size + length_size > BufferPool::buffer_size / 2;
  if (expects_large_) {
    co_return co_await read_large(frame_size);
  }
  RequestBudget::Share share = co_await budget_.take(frame_size);
  Frame frame{.owner = nullptr, .bytes = {}, .share = std::move(share)};
  if (frame_size > 0) {
    if (available() < frame_size) {
      CO_TRY(co_await fill_rest(frame_size));
    }
    frame.owner = buffer_;
    frame.bytes = {buffer_.get() + begin_, frame_size};
    begin_ += frame_size;
  }
  co_return frame;
}

// Makes at least `wanted` unread bytes lie in one piece in the buffer.
runtime::Async<> FrameReader::fill(size_t wanted) {
  while (available() < wanted) {
    if (available() == 0) {
      drop_buffer();
      if (!std::exchange(is_readable_, false)) {
        CO_TRY(co_await socket_.readable());
      }
      buffer_ = pool_.lend();
    } else if (begin_ + wanted > BufferPool::buffer_size) {
      // No room behind, and frames still in use may lie in front: go on in another buffer.
      BufferPool::Buffer fresh = pool_.lend();
      std::memcpy(fresh.get(), buffer_.get() + begin_, available());
      end_ = available();
      begin_ = 0;
      pool_.give_back(std::exchange(buffer_, std::move(fresh)));
    }
    const size_t room = BufferPool::buffer_size - end_;
    const size_t ask = expects_large_ ? std::clamp(small_read_ahead, std::min(wanted, room), room) : room;
    CO_TRY(const size_t count, co_await socket_.read_some({buffer_.get() + end_, ask}));
    end_ += count;
  }
  co_return Result<>{};
}

// Of a small frame, whose share is held already.
runtime::Async<> FrameReader::fill_rest(size_t size) {
  AwaitedPeer peer(budget_, socket_);
  const Result<> filled = co_await fill(size);
  if (peer.was_cut_off()) {
    co_return too_slow(available(), size);
  }
  co_return filled;
}

runtime::Async<Frame> FrameReader::read_large(size_t size) {
  if (available() == 0) {
    // So far it is only announced.
    drop_buffer();
    CO_TRY(co_await socket_.readable());
  }
  const size_t first = budget_.is_plentiful() ? growth_first : std::max(growth_first_careful, available());
  size_t capacity = std::min(size, first);
  RequestBudget::Share share = co_await budget_.take(capacity, RequestBudget::Kind::Large);
  Frame frame{.owner = nullptr, .bytes = {}, .share = std::move(share)};
  AwaitedPeer peer(budget_, socket_);
  GrowingMemory memory(capacity);
  size_t filled = std::min(size, available());
  if (filled > 0) {
    std::memcpy(memory.get(), buffer_.get() + begin_, filled);
    begin_ += filled;
  }
  for (size_t in_this_turn = 0; filled < size;) {
    if (in_this_turn >= bytes_per_turn) {
      in_this_turn = 0;
      co_await runtime::yield();
    }
    if (filled == capacity) {
      // The bytes announced so far have come: believe in as many again.
      const size_t grown = std::min(size, capacity * 2);
      const runtime::Deadline patience = runtime::Shard::current().in(growth_patience);
      peer.pause();
      CO_TRY(co_await budget_.grow(frame.share, grown - capacity, patience));
      peer.resume();
      memory.grow(grown);
      capacity = grown;
    }
    if (available() == 0) {
      drop_buffer();
    }
    const Result<size_t> count = co_await socket_.read_some({memory.get() + filled, capacity - filled});
    if (peer.was_cut_off()) {
      co_return too_slow(filled, size);
    }
    CO_TRY(count);
    filled += *count;
    in_this_turn += *count;
  }
  frame.bytes = {memory.get(), size};
  frame.owner = std::move(memory).share();
  co_return frame;
}

}  // namespace odradek::server
