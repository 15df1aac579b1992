#include "app/group_rules.h"

#include <chrono>

#include "app/consumer_rules.h"
#include "app/interval.h"

namespace odradek::app {

coordinator::GroupOptions group_options(const config::BrokerConfig& config) {
  const auto milliseconds = [&](std::string_view option) { return interval(config.get_int(option)); };
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
