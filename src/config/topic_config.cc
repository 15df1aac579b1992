#include "config/topic_config.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "base/ensure.h"

namespace odradek::config {

namespace {

// One topic's effective values, found by name.
class Reader {
 public:
  Reader(const BrokerConfig& broker, const Overrides& overrides) : broker_(broker), overrides_(overrides) {}

  // Nothing where neither the topic, the broker nor the default has a value.
  [[nodiscard]] std::optional<Value> find(const Option& option) const {
    if (const auto own = overrides_.find(option.name); own != overrides_.end()) {
      if (auto value = parse_value(option, own->second)) {
        return *std::move(value);
      }
    }
    if (auto value = broker_.fallback_value(option)) {
      return value;
    }
    if (option.preset.kind != Default::Kind::Text) {
      return std::nullopt;
    }
    auto value = parse_value(option, option.preset.text);
    ensure(value.has_value(), option.name);
    return *std::move(value);
  }

  template <typename T>
  [[nodiscard]] T get(std::string_view name) const {
    const auto value = find(option(ResourceKind::Topic, name));
    ensure(value && std::holds_alternative<T>(*value), name);
    return std::get<T>(*value);
  }

  [[nodiscard]] int64_t integer(std::string_view name) const { return get<int64_t>(name); }
  [[nodiscard]] int narrow(std::string_view name) const { return static_cast<int>(get<int64_t>(name)); }

 private:
  const BrokerConfig& broker_;
  const Overrides& overrides_;
};

Compression compression(std::string_view text) {
  if (text == "uncompressed") {
    return Compression::Uncompressed;
  }
  if (text == "gzip") {
    return Compression::Gzip;
  }
  if (text == "snappy") {
    return Compression::Snappy;
  }
  if (text == "lz4") {
    return Compression::Lz4;
  }
  if (text == "zstd") {
    return Compression::Zstd;
  }
  return Compression::Producer;
}

TopicOptions read(const Reader& topic) {
  TopicOptions options;
  const auto internal_segment = topic.find(option(ResourceKind::Topic, "internal.segment.bytes"));
  options.segment_bytes = internal_segment ? std::get<int64_t>(*internal_segment) : topic.integer("segment.bytes");
  options.segment_ms = topic.integer("segment.ms");
  options.segment_jitter_ms = topic.integer("segment.jitter.ms");
  options.segment_index_bytes = topic.integer("segment.index.bytes");
  options.index_interval_bytes = topic.integer("index.interval.bytes");
  options.retention_ms = topic.integer("retention.ms");
  options.retention_bytes = topic.integer("retention.bytes");
  options.max_message_bytes = topic.integer("max.message.bytes");
  const auto policy = topic.get<std::vector<std::string>>("cleanup.policy");
  options.cleanup_delete = std::ranges::find(policy, "delete") != policy.end();
  options.cleanup_compact = std::ranges::find(policy, "compact") != policy.end();
  options.compression = compression(topic.get<std::string>("compression.type"));
  options.compression_gzip_level = topic.narrow("compression.gzip.level");
  options.compression_lz4_level = topic.narrow("compression.lz4.level");
  options.compression_zstd_level = topic.narrow("compression.zstd.level");
  options.timestamp_type = topic.get<std::string>("message.timestamp.type") == "LogAppendTime"
                               ? TimestampType::LogAppendTime
                               : TimestampType::CreateTime;
  options.timestamp_before_max_ms = topic.integer("message.timestamp.before.max.ms");
  options.timestamp_after_max_ms = topic.integer("message.timestamp.after.max.ms");
  options.min_insync_replicas = topic.narrow("min.insync.replicas");
  options.flush_messages = topic.integer("flush.messages");
  options.flush_ms = topic.integer("flush.ms");
  options.file_delete_delay_ms = topic.integer("file.delete.delay.ms");
  options.preallocate = topic.get<bool>("preallocate");
  options.delete_retention_ms = topic.integer("delete.retention.ms");
  options.min_compaction_lag_ms = topic.integer("min.compaction.lag.ms");
  options.max_compaction_lag_ms = topic.integer("max.compaction.lag.ms");
  options.min_cleanable_dirty_ratio = topic.get<double>("min.cleanable.dirty.ratio");
  options.unclean_leader_election_enable = topic.get<bool>("unclean.leader.election.enable");
  return options;
}

ConfigEntry describe_option(const Option& option, const BrokerConfig& broker, const Overrides& overrides) {
  ConfigEntry entry;
  entry.name = option.name;
  entry.type = option.type;
  entry.sensitive = option.is_sensitive();
  entry.documentation = option.documentation;
  if (const auto value = Reader(broker, overrides).find(option)) {
    entry.value = text(*value);
  }
  if (overrides.contains(option.name)) {
    entry.synonyms.push_back({.name = entry.name, .value = entry.value, .source = ConfigSource::DynamicTopic});
  }
  if (const std::string_view first = option.fallbacks.front().option; !first.empty()) {
    const auto names = broker_synonyms(first);
    std::ranges::move(broker.synonyms(first, names), std::back_inserter(entry.synonyms));
  }
  entry.source = entry.synonyms.empty() ? ConfigSource::Default : entry.synonyms.front().source;
  return entry;
}

// Remote storage needs more than the topic's own word.
Result<> check_remote_storage(const BrokerConfig& broker, const Reader& topic) {
  if (!topic.get<bool>("remote.storage.enable")) {
    return {};
  }
  if (!broker.get_bool("remote.log.storage.system.enable")) {
    return fail(
        Errc::InvalidConfig,
        "Tiered storage is disabled in the broker: the topic cannot be configured with remote.storage.enable=true");
  }
  const auto policy = topic.get<std::vector<std::string>>("cleanup.policy");
  if (std::ranges::find(policy, "compact") != policy.end()) {
    return fail(Errc::InvalidConfig, "Remote log storage is unsupported for compacted topics");
  }
  return {};
}

}  // namespace

TopicConfig::TopicConfig(const BrokerConfig& broker, Overrides overrides)
    : overrides_(std::move(overrides)), options_(read(Reader(broker, overrides_))) {}

std::vector<ConfigEntry> TopicConfig::describe(const BrokerConfig& broker) const {
  std::vector<ConfigEntry> entries;
  for (const Option* option : config::options(ResourceKind::Topic)) {
    if (!option->is_hidden()) {
      entries.push_back(describe_option(*option, broker, overrides_));
    }
  }
  return entries;
}

Result<> validate_topic(const BrokerConfig& broker, const Overrides& overrides) {
  for (const auto& [name, text] : overrides) {
    const Option* option = find_option(ResourceKind::Topic, name);
    if (option == nullptr) {
      return fail(Errc::InvalidConfig, fmt::format("Unknown topic config name: {}", name));
    }
    TRY(parse_value(*option, text));
  }
  const Reader topic(broker, overrides);
  const int64_t least = topic.integer("min.compaction.lag.ms");
  const int64_t most = topic.integer("max.compaction.lag.ms");
  if (least > most) {
    return fail(Errc::InvalidConfig, fmt::format("Conflicting topic configs: min.compaction.lag.ms ({}) is more than "
                                                 "max.compaction.lag.ms ({})",
                                                 least, most));
  }
  return check_remote_storage(broker, topic);
}

}  // namespace odradek::config
