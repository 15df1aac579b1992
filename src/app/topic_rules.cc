#include "app/topic_rules.h"

#include <chrono>
#include <limits>

#include "app/interval.h"

namespace odradek::app {
namespace {

std::chrono::milliseconds milliseconds(int64_t count) { return std::chrono::milliseconds(count); }

std::optional<record::Codec> codec(config::Compression compression) {
  switch (compression) {
    case config::Compression::Producer: return std::nullopt;
    case config::Compression::Uncompressed: return record::Codec::None;
    case config::Compression::Gzip: return record::Codec::Gzip;
    case config::Compression::Snappy: return record::Codec::Snappy;
    case config::Compression::Lz4: return record::Codec::Lz4;
    case config::Compression::Zstd: return record::Codec::Zstd;
  }
  unreachable();
}

record::ProduceRules produce_rules(const config::TopicOptions& topic) {
  const bool stamps = topic.timestamp_type == config::TimestampType::LogAppendTime;
  return {.codec = codec(topic.compression),
          .levels = {.gzip = topic.compression_gzip_level,
                     .lz4 = topic.compression_lz4_level,
                     .zstd = topic.compression_zstd_level},
          .timestamp_type = stamps ? record::TimestampType::LogAppendTime : record::TimestampType::CreateTime,
          .timestamp_before_max_ms = topic.timestamp_before_max_ms,
          .timestamp_after_max_ms = topic.timestamp_after_max_ms,
          .keys_required = topic.cleanup_compact,
          .batch_size_max = static_cast<uint32_t>(topic.max_message_bytes)};
}

}  // namespace

storage::LogOptions log_options(const config::TopicOptions& topic, const config::BrokerConfig& broker) {
  return {.segment_bytes_max = static_cast<uint64_t>(topic.segment_bytes),
          .segment_age_max = milliseconds(topic.segment_ms),
          .segment_jitter_max = milliseconds(topic.segment_jitter_ms),
          .segment_index_bytes_max = static_cast<uint64_t>(topic.segment_index_bytes),
          .index_interval_bytes = static_cast<uint64_t>(topic.index_interval_bytes),
          .deletes = topic.cleanup_delete,
          .compacts = topic.cleanup_compact,
          .retention_bytes = topic.retention_bytes,
          .retention_ms = topic.retention_ms,
          .file_delete_delay = interval(topic.file_delete_delay_ms),
          .min_cleanable_dirty_ratio = topic.min_cleanable_dirty_ratio,
          .min_compaction_lag = milliseconds(topic.min_compaction_lag_ms),
          .max_compaction_lag = milliseconds(topic.max_compaction_lag_ms),
          .delete_retention = milliseconds(topic.delete_retention_ms),
          .flush_records = topic.flush_messages,
          .flush_age = milliseconds(topic.flush_ms),
          .produce = produce_rules(topic),
          .producer_expiration = milliseconds(broker.get_int("producer.id.expiration.ms"))};
}

replication::TopicRules topic_rules(const metadata::MetadataImage& image, std::string_view topic,
                                    const config::BrokerConfig& broker) {
  const config::TopicConfig config(broker, image.configs(metadata::ConfigResourceType::Topic, topic));
  return {.log = log_options(config.options(), broker), .min_insync_replicas = config.options().min_insync_replicas};
}

}  // namespace odradek::app
