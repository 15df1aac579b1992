// What calls on groups answer, and the codes of what can go wrong on the way.
#pragma once

#include <expected>

#include "base/result.h"
#include "protocol/error_code.h"
#include "protocol/wire_code.h"

namespace odradek::coordinator {

// An answer, or the code that stands for it.
template <typename T>
using Answer = std::expected<T, protocol::ErrorCode>;

// The code of an error of GroupPartition's. Who is stopping does not coordinate any more.
[[nodiscard]] inline protocol::ErrorCode code_of(const Error& error) {
  return error.code == Errc::Cancelled || error.code == Errc::NotController ? protocol::ErrorCode::NotCoordinator
                                                                            : protocol::wire_code(error.code);
}

}  // namespace odradek::coordinator
