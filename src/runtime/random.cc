#include "runtime/random.h"

#include <bit>

#include "base/ensure.h"

namespace odradek::runtime {

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) {
    seed += 0x9E3779B97F4A7C15ULL;
    uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
    word = mixed ^ (mixed >> 31);
  }
}

uint64_t Random::next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

uint64_t Random::below(uint64_t bound) {
  ensure(bound > 0, "there is no number below zero");
  // The lowest values would come once too often; they are thrown away.
  const uint64_t biased = (0 - bound) % bound;
  uint64_t value = next();
  while (value < biased) {
    value = next();
  }
  return value % bound;
}

Uuid Random::uuid() {
  for (;;) {
    const uint64_t most = (next() & ~0xF000ULL) | 0x4000ULL;
    const uint64_t least = (next() & ~(3ULL << 62)) | (2ULL << 62);
    const Uuid made{most, least};
    if (made.text().front() != '-') {
      return made;
    }
  }
}

}  // namespace odradek::runtime
