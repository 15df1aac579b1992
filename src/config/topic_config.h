// A topic's options: its own, over the broker's, over the defaults.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/broker_config.h"
#include "config/config_entry.h"

namespace odradek::config {

enum class TimestampType : uint8_t { CreateTime, LogAppendTime };

// What compression.type asks for; Producer keeps the producer's codec.
enum class Compression : uint8_t { Producer, Uncompressed, Gzip, Snappy, Lz4, Zstd };

// Every option that Odradek acts on, typed: bytes, milliseconds, counts. Computed once for each change.
struct TopicOptions {
  int64_t segment_bytes = 0;
  int64_t segment_ms = 0;
  int64_t segment_jitter_ms = 0;
  int64_t segment_index_bytes = 0;
  int64_t index_interval_bytes = 0;
  int64_t retention_ms = 0;     // -1 is for ever
  int64_t retention_bytes = 0;  // -1 is no limit
  int64_t max_message_bytes = 0;
  bool cleanup_delete = false;
  bool cleanup_compact = false;  // neither of both: kept for ever
  Compression compression = Compression::Producer;
  int compression_gzip_level = 0;  // -1 is the library's own
  int compression_lz4_level = 0;
  int compression_zstd_level = 0;
  TimestampType timestamp_type = TimestampType::CreateTime;
  int64_t timestamp_before_max_ms = 0;
  int64_t timestamp_after_max_ms = 0;
  int min_insync_replicas = 0;
  int64_t flush_messages = 0;
  int64_t flush_ms = 0;
  int64_t file_delete_delay_ms = 0;
  bool preallocate = false;
  int64_t delete_retention_ms = 0;
  int64_t min_compaction_lag_ms = 0;
  int64_t max_compaction_lag_ms = 0;
  double min_cleanable_dirty_ratio = 0;
  bool unclean_leader_election_enable = false;

  friend bool operator==(const TopicOptions&, const TopicOptions&) = default;
};

class TopicConfig {
 public:
  // Reads `broker` while it is made and keeps nothing of it. An override that is not valid, which only metadata written
  // by someone else can hold, does not count.
  TopicConfig(const BrokerConfig& broker, Overrides overrides);

  [[nodiscard]] const TopicOptions& options() const { return options_; }
  [[nodiscard]] const Overrides& overrides() const { return overrides_; }

  // What DescribeConfigs answers, ascending by name. `broker` is that of the constructor.
  [[nodiscard]] std::vector<ConfigEntry> describe(const BrokerConfig& broker) const;

 private:
  Overrides overrides_;
  TopicOptions options_;
};

// Whether CreateTopics or a change may leave a topic with these overrides. Errc::InvalidConfig for an unknown name, a
// bad value, values that contradict each other, and remote storage where the broker has none.
[[nodiscard]] Result<> validate_topic(const BrokerConfig& broker, const Overrides& overrides);

}  // namespace odradek::config
