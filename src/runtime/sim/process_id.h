// Which of a simulation's processes something belongs to; 0 is the test itself.
#pragma once

#include <cstdint>

#include "base/strong_id.h"

namespace odradek::runtime {

using ProcessId = StrongId<struct ProcessIdTag, uint32_t>;

}  // namespace odradek::runtime
