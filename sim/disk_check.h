// Looks at the files themselves after a clean stop: logs, their indexes and directories must agree with each other and
// with what clients know.
#pragma once

#include <optional>
#include <string>

#include "sim/stage.h"

namespace odradek::sim {

// Nothing, or what does not agree.
[[nodiscard]] std::optional<std::string> check_disk(Stage& stage);

}  // namespace odradek::sim
