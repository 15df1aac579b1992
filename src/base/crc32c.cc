#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <limits>

namespace odradek {

uint32_t crc32c(ByteView bytes, uint32_t seed) {
  // ISA-L takes an int length and neither inverts its seed nor its result.
  uint32_t state = ~seed;
  while (!bytes.empty()) {
    const size_t step = std::min<size_t>(bytes.size(), std::numeric_limits<int>::max());
    state = crc32_iscsi(const_cast<unsigned char*>(bytes.data()), static_cast<int>(step), state);
    bytes = bytes.subspan(step);
  }
  return ~state;
}

uint32_t crc32(ByteView bytes, uint32_t seed) { return crc32_gzip_refl(seed, bytes.data(), bytes.size()); }

}  // namespace odradek
