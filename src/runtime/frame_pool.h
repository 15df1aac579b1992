// Memory of coroutine frames: free lists per thread, so that a call of a coroutine costs no trip to the allocator.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

namespace odradek::runtime::detail {

// Frames of up to 8 KiB, in steps of 64 bytes, are kept for reuse by the thread that frees them; at most 256 KiB of a
// size. The compiler inlines coroutines into their callers' frames, so an append's takes some 5 KiB.
// Under AddressSanitizer nothing is kept, so that it sees each frame's own life.
class FramePool {
 public:
  static void* take(size_t bytes) {
    const size_t kind = kind_of(bytes);
    if (kind < kinds && lists_[kind].first != nullptr) {
      List& list = lists_[kind];
      Free* frame = list.first;
      list.first = frame->next;
      --list.count;
      return frame;
    }
    return ::operator new(kind < kinds ? (kind + 1) * step : bytes);
  }

  static void give_back(void* memory, size_t bytes) noexcept {
    const size_t kind = kind_of(bytes);
    if (keeps && kind < kinds && lists_[kind].count < kept_bytes_max / ((kind + 1) * step)) {
      List& list = lists_[kind];
      list.first = new (memory) Free{list.first};
      ++list.count;
      return;
    }
    ::operator delete(memory);
  }

 private:
  struct Free {
    Free* next;
  };
  struct List {
    Free* first;
    uint32_t count;
  };

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  static constexpr bool keeps = false;
#else
  static constexpr bool keeps = true;
#endif
#else
  static constexpr bool keeps = true;
#endif
  static constexpr size_t step = 64;
  static constexpr size_t kinds = 128;
  static constexpr size_t kept_bytes_max = 256 * 1024;

  static constexpr size_t kind_of(size_t bytes) { return (bytes - 1) / step; }

  static inline constinit thread_local std::array<List, kinds> lists_{};
};

}  // namespace odradek::runtime::detail
