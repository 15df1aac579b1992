#include "config/topic_config.h"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "config/reference_fixture.h"

namespace odradek::config {
namespace {

BrokerConfig broker(const std::vector<Property>& settings = {}) {
  auto config = BrokerConfig::load(settings, {.root = true, .home = ""});
  EXPECT_TRUE(config) << config.error().message;
  return *std::move(config);
}

TopicOptions options_of(const std::vector<Property>& settings, const Overrides& overrides) {
  return TopicConfig(broker(settings), overrides).options();
}

ConfigEntry described(const BrokerConfig& of, const Overrides& overrides, std::string_view name) {
  const auto entries = TopicConfig(of, overrides).describe(of);
  const auto found = std::ranges::find(entries, name, &ConfigEntry::name);
  EXPECT_NE(found, entries.end()) << name;
  return *found;
}

std::string refusal(const Overrides& overrides) {
  const auto valid = validate_topic(broker(), overrides);
  return valid ? "accepted" : valid.error().message;
}

TEST(TopicConfig, DefaultsAreKafkas) {
  const TopicOptions options = options_of({}, {});
  EXPECT_EQ(options.segment_bytes, 1073741824);
  EXPECT_EQ(options.segment_ms, 604800000);
  EXPECT_EQ(options.retention_ms, 604800000);
  EXPECT_EQ(options.retention_bytes, -1);
  EXPECT_EQ(options.max_message_bytes, 1048588);
  EXPECT_TRUE(options.cleanup_delete);
  EXPECT_FALSE(options.cleanup_compact);
  EXPECT_EQ(options.compression, Compression::Producer);
  EXPECT_EQ(options.flush_ms, std::numeric_limits<int64_t>::max());
  EXPECT_EQ(options.timestamp_after_max_ms, 3600000);
  EXPECT_EQ(options.min_cleanable_dirty_ratio, 0.5);
}

TEST(TopicConfig, BrokerOptionsGiveDefaultsInTheirUnits) {
  EXPECT_EQ(options_of({{"log.retention.hours", "1"}}, {}).retention_ms, 3600000);
  EXPECT_EQ(options_of({{"log.retention.hours", "1"}, {"log.retention.minutes", "1"}}, {}).retention_ms, 60000);
  EXPECT_EQ(options_of({{"log.retention.ms", "5"}, {"log.retention.minutes", "1"}}, {}).retention_ms, 5);
  EXPECT_EQ(options_of({{"log.retention.hours", "-7"}}, {}).retention_ms, -1);
  EXPECT_EQ(options_of({{"log.roll.hours", "2"}}, {}).segment_ms, 7200000);
  EXPECT_EQ(options_of({{"log.roll.jitter.hours", "1"}}, {}).segment_jitter_ms, 3600000);
  EXPECT_EQ(options_of({{"log.flush.scheduler.interval.ms", "9"}}, {}).flush_ms, 9);
  EXPECT_EQ(options_of({{"log.retention.hours", "2147483647"}}, {}).retention_ms, 2147483647LL * 3600000);
}

TEST(TopicConfig, OverridesDecide) {
  const TopicOptions options = options_of({{"log.retention.ms", "5"}}, {{"retention.ms", " 6 "},
                                                                        {"cleanup.policy", "compact,delete"},
                                                                        {"compression.type", "zstd"},
                                                                        {"message.timestamp.type", "LogAppendTime"}});
  EXPECT_EQ(options.retention_ms, 6);
  EXPECT_TRUE(options.cleanup_delete);
  EXPECT_TRUE(options.cleanup_compact);
  EXPECT_EQ(options.compression, Compression::Zstd);
  EXPECT_EQ(options.timestamp_type, TimestampType::LogAppendTime);
}

TEST(TopicConfig, OverridesThatAreNotValidDoNotCount) {
  EXPECT_EQ(options_of({}, {{"segment.bytes", "-1"}, {"nonsense", "1"}}).segment_bytes, 1073741824);
}

TEST(TopicConfig, EmptyCleanupPolicyKeepsForEver) {
  const TopicOptions options = options_of({}, {{"cleanup.policy", ""}});
  EXPECT_FALSE(options.cleanup_delete);
  EXPECT_FALSE(options.cleanup_compact);
}

TEST(TopicConfig, InternalSegmentBytesIsHiddenAndComesFirst) {
  const BrokerConfig of = broker();
  const TopicConfig topic(of, {{"internal.segment.bytes", "1000"}});
  EXPECT_EQ(topic.options().segment_bytes, 1000);
  EXPECT_EQ(std::ranges::count(topic.describe(of), "internal.segment.bytes", &ConfigEntry::name), 0);
}

TEST(TopicConfig, SynonymsGoFromTheTopicToTheDefault) {
  BrokerConfig of = broker({{"log.roll.ms", "70"}, {"log.roll.hours", "3"}});
  of.set_dynamic({}, {{"log.roll.ms", "80"}});
  const ConfigEntry entry = described(of, {{"segment.ms", "90"}}, "segment.ms");
  EXPECT_EQ(entry.value, "90");
  EXPECT_EQ(entry.source, ConfigSource::DynamicTopic);
  EXPECT_FALSE(entry.read_only);
  EXPECT_EQ(entry.synonyms, (std::vector<ConfigSynonym>{{"segment.ms", "90", ConfigSource::DynamicTopic},
                                                        {"log.roll.ms", "80", ConfigSource::DynamicDefaultBroker},
                                                        {"log.roll.ms", "70", ConfigSource::StaticBroker},
                                                        {"log.roll.hours", "3", ConfigSource::StaticBroker},
                                                        {"log.roll.hours", "168", ConfigSource::Default}}));
}

TEST(TopicConfig, UnknownNamesAndBadValuesAreRefused) {
  EXPECT_EQ(refusal({{"replication.factor", "3"}}), "Unknown topic config name: replication.factor");
  EXPECT_EQ(refusal({{"segment.bytes", "100"}}),
            "Invalid value 100 for configuration segment.bytes: Value must be at least 1048576");
  EXPECT_TRUE(refusal({{"min.compaction.lag.ms", "10"}, {"max.compaction.lag.ms", "9"}})
                  .contains("min.compaction.lag.ms (10)"));
  EXPECT_TRUE(refusal({{"remote.storage.enable", "true"}}).contains("Tiered storage is disabled"));
  EXPECT_EQ(refusal({{"remote.storage.enable", "false"}, {"segment.ms", "100"}}), "accepted");
}

TEST(TopicConfig, DescribesWhatKafkaDescribes) {
  const auto table = read_reference("describe-topic.tsv");
  if (!table) {
    GTEST_SKIP() << "ODRADEK_REFERENCE does not name the reference folder";
  }
  BrokerConfig of = broker();
  of.set_dynamic({}, {{"min.insync.replicas", "1"}});
  const auto entries = TopicConfig(of, {}).describe(of);
  ASSERT_EQ(entries.size(), table->size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto& row = (*table)[i];
    const ConfigEntry& entry = entries[i];
    EXPECT_EQ(entry.name, row.at("name"));
    EXPECT_EQ(entry.value, row.at("value")) << entry.name;
    EXPECT_EQ(entry.source == ConfigSource::Default, row.at("source") == "DEFAULT_CONFIG") << entry.name;
    EXPECT_EQ(name(entry.type), row.at("type")) << entry.name;
    EXPECT_EQ(entry.read_only, row.at("read_only") == "true") << entry.name;
    std::string synonyms;
    for (const ConfigSynonym& synonym : entry.synonyms) {
      const bool is_default = synonym.source == ConfigSource::Default;
      synonyms += (synonyms.empty() ? "" : ", ") +
                  std::string(is_default ? "DEFAULT_CONFIG:" : "DYNAMIC_DEFAULT_BROKER_CONFIG:") + synonym.name + "=" +
                  synonym.value.value_or("(null)");
    }
    EXPECT_EQ(synonyms, row.at("synonyms")) << entry.name;
  }
}

}  // namespace
}  // namespace odradek::config
