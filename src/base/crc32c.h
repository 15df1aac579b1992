// Checksums of Kafka's formats: CRC-32C (batches, snapshots) and CRC-32 (message formats v0 and v1).
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace odradek {

// CRC-32C (Castagnoli). Pass an earlier result as `seed` to go on where it ended.
[[nodiscard]] uint32_t crc32c(ByteView bytes, uint32_t seed = 0);

// CRC-32 (IEEE 802.3, as in gzip).
[[nodiscard]] uint32_t crc32(ByteView bytes, uint32_t seed = 0);

}  // namespace odradek
