// Chance, through one door: seeded from the system in production, from the simulation's seed in tests.
#pragma once

#include <cstdint>

#include "base/uuid.h"

namespace odradek::runtime {

// xoshiro256** (Blackman and Vigna), seeded through splitmix64. Not for secrets.
class Random {
 public:
  explicit Random(uint64_t seed);

  [[nodiscard]] uint64_t next();
  // Uniform in [0, bound); bound > 0.
  [[nodiscard]] uint64_t below(uint64_t bound);
  // True once in `n` on average.
  [[nodiscard]] bool one_in(uint64_t n) { return below(n) == 0; }
  // A random (version 4) uuid, never one that begins with a dash in its text form (tools take those for flags).
  [[nodiscard]] Uuid uuid();

 private:
  uint64_t state_[4];
};

}  // namespace odradek::runtime
