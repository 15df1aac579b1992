// SipHash-2-4 with 128 bits of output: without the key nobody can make two inputs that collide.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace odradek::storage::detail {

using HashKey = std::array<uint64_t, 2>;
using Hash128 = std::array<uint64_t, 2>;

[[nodiscard]] Hash128 keyed_hash(const HashKey& key, ByteView bytes);

}  // namespace odradek::storage::detail
