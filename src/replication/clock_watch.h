// Notices when the wall clock is set: what is deleted by age must not be deleted by mistake. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "runtime/time.h"

namespace odradek::replication {

class ClockWatch {
 public:
  static constexpr std::chrono::milliseconds divergence_max = std::chrono::minutes(1);

  // Compares how far both clocks came since the last look. The milliseconds that the wall clock gained, where that is
  // over a minute either way; nothing otherwise, and the first time.
  std::optional<int64_t> look(runtime::MonotonicTime now, runtime::WallMs wall) {
    const std::optional<Look> before = last_;
    last_ = {.now = now, .wall = wall};
    if (!before) {
      return std::nullopt;
    }
    const int64_t passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - before->now).count();
    const int64_t gained = wall - before->wall - passed;
    if (std::abs(gained) <= divergence_max.count()) {
      return std::nullopt;
    }
    diverged_ = now;
    return gained;
  }

  // Whether `delay` has passed since the clocks diverged last.
  [[nodiscard]] bool is_calm(runtime::MonotonicTime now, std::chrono::milliseconds delay) const {
    return !diverged_ || std::chrono::duration_cast<std::chrono::milliseconds>(now - *diverged_) >= delay;
  }

 private:
  struct Look {
    runtime::MonotonicTime now;
    runtime::WallMs wall;
  };
  std::optional<Look> last_;
  std::optional<runtime::MonotonicTime> diverged_;
};

}  // namespace odradek::replication
