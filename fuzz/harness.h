// What the fuzz targets share: taking an input apart, mending checksums so that what lies behind them is reached, and
// measuring the memory that a decoder takes.
//
// A target is a function over bytes. It may refuse them, never crash; claims about what it accepts are `ensure`d.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/big_endian.h"
#include "base/bytes.h"
#include "base/ensure.h"

namespace odradek::fuzz {

// Called once with each input.
void test_one_input(ByteView input);

// Takes an input apart from its front; zeros where it has ended.
class Input {
 public:
  explicit Input(ByteView bytes) : rest_(bytes) {}

  template <typename T>
  T integer() {
    uint8_t bytes[sizeof(T)] = {};
    const ByteView some = take(sizeof(T));
    std::copy(some.begin(), some.end(), bytes);
    return load_big_endian<T>(bytes);
  }
  // At most `size` bytes.
  ByteView take(size_t size) {
    const ByteView taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  // Up to the next `end`, which is dropped.
  std::string_view text_until(char end) {
    const std::string_view text = as_text(rest_);
    const size_t size = std::min(text.find(end), text.size());
    rest_ = rest_.subspan(std::min(size + 1, rest_.size()));
    return text.substr(0, size);
  }
  [[nodiscard]] ByteView rest() const { return rest_; }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  ByteView rest_;
};

// Walks the entries of a log and gives each the checksum it should have; an entry whose length reaches beyond the
// end gets the length that is there.
void mend_batches(MutableByteView log);

// The most memory held at once since its construction, in bytes, beyond what was held then. Only one at a time. Where
// allocations cannot be watched (without AddressSanitizer) it is always zero.
class MemoryMeter {
 public:
  MemoryMeter();
  ~MemoryMeter();
  MemoryMeter(const MemoryMeter&) = delete;
  MemoryMeter& operator=(const MemoryMeter&) = delete;
  [[nodiscard]] size_t peak() const;
};

}  // namespace odradek::fuzz
