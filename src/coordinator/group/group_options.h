// What the coordinator of groups acts on; app makes it of the broker's configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include "coordinator/group/consumer_options.h"
#include "record/compression.h"

namespace odradek::coordinator {

struct GroupOptions {
  std::chrono::milliseconds session_timeout_min{6'000};         // group.min.session.timeout.ms
  std::chrono::milliseconds session_timeout_max{1'800'000};     // group.max.session.timeout.ms
  std::chrono::milliseconds initial_rebalance_delay{3'000};     // group.initial.rebalance.delay.ms
  int32_t size_max = std::numeric_limits<int32_t>::max();       // group.max.size, members of a classic group
  std::chrono::minutes offsets_retention{10'080};               // offsets.retention.minutes
  std::chrono::milliseconds retention_check_interval{600'000};  // offsets.retention.check.interval.ms
  int32_t offset_metadata_bytes_max = 4'096;                    // offset.metadata.max.bytes
  record::Codec codec = record::Codec::None;                    // offsets.topic.compression.codec, of all records

  // Of groups of the consumer protocol that set nothing for themselves, and of those that have set these options.
  std::shared_ptr<const ConsumerOptions> consumer = std::make_shared<const ConsumerOptions>();
  std::function<std::shared_ptr<const ConsumerOptions>(const std::map<std::string, std::string, std::less<>>&)>
      consumer_of;
};

}  // namespace odradek::coordinator
