#include "base/varint.h"

#include <algorithm>

namespace odradek {
namespace {

template <typename T, size_t size_max>
size_t read(ByteView in, T& value) {
  T result = 0;
  const size_t end = std::min(in.size(), size_max);
  for (size_t i = 0; i < end; ++i) {
    result |= static_cast<T>(static_cast<T>(in[i] & 0x7F) << (7 * i));
    if ((in[i] & 0x80) == 0) {
      value = result;
      return i + 1;
    }
  }
  return 0;
}

}  // namespace

size_t read_unsigned_varint(ByteView in, uint32_t& value) { return read<uint32_t, varint32_size_max>(in, value); }

size_t read_unsigned_varlong(ByteView in, uint64_t& value) { return read<uint64_t, varint64_size_max>(in, value); }

size_t read_varint(ByteView in, int32_t& value) {
  uint32_t raw = 0;
  const size_t used = read_unsigned_varint(in, raw);
  value = unzigzag(raw);
  return used;
}

size_t read_varlong(ByteView in, int64_t& value) {
  uint64_t raw = 0;
  const size_t used = read_unsigned_varlong(in, raw);
  value = unzigzag(raw);
  return used;
}

size_t write_unsigned_varlong(uint8_t* to, uint64_t value) {
  size_t size = 0;
  while (value >= 0x80) {
    to[size++] = static_cast<uint8_t>(value | 0x80);
    value >>= 7;
  }
  to[size++] = static_cast<uint8_t>(value);
  return size;
}

}  // namespace odradek
