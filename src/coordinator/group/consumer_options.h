// What a consumer group acts on: the broker's group.consumer.* options, and what the group sets for itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace odradek::coordinator {

// Which way a group with members may change between the protocols (group.consumer.migration.policy).
enum class MigrationPolicy : uint8_t { Disabled, Upgrade, Downgrade, Bidirectional };

struct ConsumerOptions {
  std::chrono::milliseconds session_timeout{45'000};
  std::chrono::milliseconds heartbeat_interval{5'000};
  std::chrono::milliseconds assignment_interval{1'000};       // between two computations of the target
  std::chrono::milliseconds regex_refresh_interval{600'000};  // group.consumer.regex.refresh.interval.ms
  int32_t size_max = std::numeric_limits<int32_t>::max();     // group.consumer.max.size
  std::vector<std::string> assignors{"uniform", "range"};     // the first is the default
  MigrationPolicy migration_policy = MigrationPolicy::Bidirectional;

  [[nodiscard]] bool may_upgrade() const {
    return migration_policy == MigrationPolicy::Upgrade || migration_policy == MigrationPolicy::Bidirectional;
  }
  [[nodiscard]] bool may_downgrade() const {
    return migration_policy == MigrationPolicy::Downgrade || migration_policy == MigrationPolicy::Bidirectional;
  }
};

}  // namespace odradek::coordinator
