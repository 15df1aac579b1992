// What this machine is called by others.
#pragma once

#include <string>

namespace odradek::runtime {

// The full name that the system's resolver has for this machine's own; "localhost" where it knows none. May block.
[[nodiscard]] std::string host_name();

}  // namespace odradek::runtime
