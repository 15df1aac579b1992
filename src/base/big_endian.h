// Big-endian integers at any address, as Kafka stores and sends all its fixed-size numbers.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace odradek {

namespace detail {
constexpr uint8_t swap_bytes(uint8_t v) { return v; }
constexpr uint16_t swap_bytes(uint16_t v) { return __builtin_bswap16(v); }
constexpr uint32_t swap_bytes(uint32_t v) { return __builtin_bswap32(v); }
constexpr uint64_t swap_bytes(uint64_t v) { return __builtin_bswap64(v); }
}  // namespace detail

// Reads sizeof(T) bytes from `from`, which need not be aligned.
template <std::integral T>
[[nodiscard]] inline T load_big_endian(const uint8_t* from) {
  std::make_unsigned_t<T> raw;
  std::memcpy(&raw, from, sizeof raw);
  return static_cast<T>(detail::swap_bytes(raw));
}

// Writes sizeof(T) bytes to `to`, which need not be aligned.
template <std::integral T>
inline void store_big_endian(uint8_t* to, T value) {
  const auto raw = detail::swap_bytes(static_cast<std::make_unsigned_t<T>>(value));
  std::memcpy(to, &raw, sizeof raw);
}

static_assert(std::endian::native == std::endian::little, "only little-endian machines are supported");

}  // namespace odradek
