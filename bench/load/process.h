// What a process has used, from /proc: any broker can be measured from outside.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace odradek::bench {

// Processor seconds (user and system, all threads) since the process began; 0 for pid 0.
[[nodiscard]] double cpu_seconds_of(pid_t pid);

// Resident memory in bytes; 0 for pid 0.
[[nodiscard]] uint64_t resident_bytes_of(pid_t pid);

}  // namespace odradek::bench
