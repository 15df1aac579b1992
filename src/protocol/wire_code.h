// The one place where our errors become Kafka's.
#pragma once

#include "base/errc.h"
#include "protocol/error_code.h"

namespace odradek::protocol {

// Every Errc has exactly one code on the wire; what concerns only this machine becomes the closest that clients know.
[[nodiscard]] ErrorCode wire_code(Errc errc);

}  // namespace odradek::protocol
