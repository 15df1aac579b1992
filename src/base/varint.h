// Kafka's variable-length integers: unsigned LEB128, and zig-zag over it for signed values.
//
// As Kafka's readers do, overlong encodings are accepted up to 5 bytes (10 for 64 bits) and bits beyond the width
// are dropped; a sixth (eleventh) byte is an error.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace odradek {

inline constexpr size_t varint32_size_max = 5;
inline constexpr size_t varint64_size_max = 10;

// Decodes one number from the front of `in` into `value`; the number of bytes used, 0 if `in` ends too early or
// the encoding is too long.
[[nodiscard]] size_t read_unsigned_varint(ByteView in, uint32_t& value);
[[nodiscard]] size_t read_unsigned_varlong(ByteView in, uint64_t& value);
[[nodiscard]] size_t read_varint(ByteView in, int32_t& value);
[[nodiscard]] size_t read_varlong(ByteView in, int64_t& value);

[[nodiscard]] constexpr uint32_t zigzag(int32_t v) {
  return (static_cast<uint32_t>(v) << 1) ^ static_cast<uint32_t>(v >> 31);
}
[[nodiscard]] constexpr uint64_t zigzag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
[[nodiscard]] constexpr int32_t unzigzag(uint32_t v) { return static_cast<int32_t>((v >> 1) ^ (0U - (v & 1U))); }
[[nodiscard]] constexpr int64_t unzigzag(uint64_t v) {
  return static_cast<int64_t>((v >> 1) ^ (uint64_t{0} - (v & 1U)));
}

// Writes to `to`, which must have room for the longest form; the number of bytes written.
size_t write_unsigned_varlong(uint8_t* to, uint64_t value);
inline size_t write_unsigned_varint(uint8_t* to, uint32_t value) { return write_unsigned_varlong(to, value); }
inline size_t write_varint(uint8_t* to, int32_t value) { return write_unsigned_varlong(to, zigzag(value)); }
inline size_t write_varlong(uint8_t* to, int64_t value) { return write_unsigned_varlong(to, zigzag(value)); }

// Bytes that the shortest form takes.
[[nodiscard]] constexpr size_t unsigned_varlong_size(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) {
    ++size;
  }
  return size;
}
[[nodiscard]] constexpr size_t unsigned_varint_size(uint32_t value) { return unsigned_varlong_size(value); }
[[nodiscard]] constexpr size_t varint_size(int32_t value) { return unsigned_varlong_size(zigzag(value)); }
[[nodiscard]] constexpr size_t varlong_size(int64_t value) { return unsigned_varlong_size(zigzag(value)); }

}  // namespace odradek
