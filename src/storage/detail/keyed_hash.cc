#include "storage/detail/keyed_hash.h"

#include <bit>
#include <cstring>

namespace odradek::storage::detail {

namespace {

constexpr size_t word_size = 8;

struct State {
  uint64_t a, b, c, d;

  void round() {
    a += b;
    c += d;
    b = std::rotl(b, 13) ^ a;
    d = std::rotl(d, 16) ^ c;
    a = std::rotl(a, 32);
    c += b;
    a += d;
    b = std::rotl(b, 17) ^ c;
    d = std::rotl(d, 21) ^ a;
    c = std::rotl(c, 32);
  }
  void absorb(uint64_t word) {
    d ^= word;
    round();
    round();
    a ^= word;
  }
  [[nodiscard]] uint64_t squeeze() {
    for (int i = 0; i < 4; ++i) {
      round();
    }
    return a ^ b ^ c ^ d;
  }
};

// Little-endian; fewer than eight bytes are the low ones.
uint64_t load_word(const uint8_t* from, size_t count) {
  uint64_t word = 0;
  std::memcpy(&word, from, count);
  if constexpr (std::endian::native == std::endian::big) {
    word = __builtin_bswap64(word);
  }
  return word;
}

}  // namespace

Hash128 keyed_hash(const HashKey& key, ByteView bytes) {
  State state{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d ^ 0xee, key[0] ^ 0x6c7967656e657261,
              key[1] ^ 0x7465646279746573};
  const size_t whole = bytes.size() - bytes.size() % word_size;
  for (size_t at = 0; at < whole; at += word_size) {
    state.absorb(load_word(bytes.data() + at, word_size));
  }
  uint64_t last = static_cast<uint64_t>(bytes.size()) << 56;
  if (whole < bytes.size()) {
    last |= load_word(bytes.data() + whole, bytes.size() - whole);
  }
  state.absorb(last);
  state.c ^= 0xee;
  const uint64_t first = state.squeeze();
  state.b ^= 0xdd;
  return {first, state.squeeze()};
}

}  // namespace odradek::storage::detail
