#include "app/group_rules.h"

#include <algorithm>
#include <chrono>

#include "app/consumer_rules.h"

namespace odradek::app {

coordinator::GroupOptions group_options(const config::BrokerConfig& config) {
  // No more than the clock can count.
  constexpr int64_t milliseconds_max = std::chrono::milliseconds(std::chrono::hours(24 * 365 * 100)).count();
  const auto milliseconds = [&](std::string_view option) {
    return std::chrono::milliseconds(std::clamp<int64_t>(config.get_int(option), 0, milliseconds_max));
  };
  coordinator::GroupOptions options;
  options.session_timeout_min = milliseconds("group.min.session.timeout.ms");
  options.session_timeout_max = milliseconds("group.max.session.timeout.ms");
  options.initial_rebalance_delay = milliseconds("group.initial.rebalance.delay.ms");
  options.size_max = static_cast<int32_t>(config.get_int("group.max.size"));
  options.offsets_retention = std::chrono::minutes(config.get_int("offsets.retention.minutes"));
  options.retention_check_interval = milliseconds("offsets.retention.check.interval.ms");
  options.offset_metadata_bytes_max = static_cast<int32_t>(config.get_int("offset.metadata.max.bytes"));
  options.codec = static_cast<record::Codec>(config.get_int("offsets.topic.compression.codec"));  // checked at start
  set_consumer_options(options, config);
  return options;
}

}  // namespace odradek::app
