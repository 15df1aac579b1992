#include "config/broker_config.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "config/reference_fixture.h"

namespace odradek::config {
namespace {

using Settings = std::vector<Property>;

Result<BrokerConfig> try_load(const Settings& settings) {
  return BrokerConfig::load(settings, {.root = true, .home = "/root"});
}

BrokerConfig load(const Settings& settings) {
  auto config = try_load(settings);
  EXPECT_TRUE(config) << config.error().message;
  return *std::move(config);
}

std::string refusal(const Settings& settings) {
  const auto config = try_load(settings);
  return config ? "accepted" : config.error().message;
}

ConfigEntry entry(const std::vector<ConfigEntry>& entries, std::string_view name) {
  const auto found = std::ranges::find(entries, name, &ConfigEntry::name);
  EXPECT_NE(found, entries.end()) << name;
  return *found;
}

TEST(BrokerConfig, NothingSetIsOneNodeOnLoopback) {
  const BrokerConfig config = load({});
  EXPECT_EQ(config.get_int("node.id"), 1);
  EXPECT_EQ(config.get_list("process.roles"), (std::vector<std::string>{"broker", "controller"}));
  ASSERT_EQ(config.listeners().size(), 1);
  EXPECT_EQ(config.listeners()[0].bind_hosts(), (std::vector<std::string>{"127.0.0.1", "::1"}));
  EXPECT_EQ(config.listeners()[0].port, 9092);
  EXPECT_EQ(config.advertised_listeners(), (std::vector<Listener>{{"PLAINTEXT", "localhost", 9092, "PLAINTEXT"}}));
  EXPECT_TRUE(config.controller_listeners().empty());
  EXPECT_EQ(config.log_dirs(), std::vector<std::string>{"/var/lib/odradek"});
  EXPECT_EQ(config.metadata_log_dir(), "/var/lib/odradek");
  EXPECT_EQ(config.get_int("offsets.topic.replication.factor"), 1);
}

TEST(BrokerConfig, DataOfAPlainUserIsInItsHome) {
  const auto config = BrokerConfig::load({}, {.root = false, .home = "/home/a,,b"});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->log_dirs(), std::vector<std::string>{"/home/a,,b/.local/share/odradek"});
}

TEST(BrokerConfig, LogDirsComesBeforeLogDir) {
  EXPECT_EQ(load({{"log.dir", "/a"}}).log_dirs(), std::vector<std::string>{"/a"});
  const BrokerConfig config = load({{"log.dir", "/a"}, {"log.dirs", "/b, /c"}});
  EXPECT_EQ(config.log_dirs(), (std::vector<std::string>{"/b", "/c"}));
  EXPECT_EQ(config.metadata_log_dir(), "/b");
}

TEST(BrokerConfig, LastSettingOfANameWins) {
  EXPECT_EQ(load({{"num.partitions", "3"}, {"num.partitions", "4"}}).get_int("num.partitions"), 4);
}

TEST(BrokerConfig, BadValueIsRefusedWithItsName) {
  EXPECT_EQ(refusal({{"num.partitions", "0"}}),
            "Invalid value 0 for configuration num.partitions: Value must be at least 1");
}

TEST(BrokerConfig, NodeIdAndBrokerIdAreOne) {
  EXPECT_EQ(load({{"broker.id", "7"}}).get_int("node.id"), 7);
  EXPECT_EQ(load({{"node.id", "7"}}).get_int("broker.id"), 7);
  EXPECT_TRUE(refusal({{"node.id", "7"}, {"broker.id", "8"}}).contains("must be the same"));
  EXPECT_TRUE(refusal({{"broker.id", "-1"}}).contains("-1"));
}

TEST(BrokerConfig, UnknownAndIgnoredNamesAreListed) {
  const BrokerConfig config = load({{"my.plugin", "x"},
                                    {"queued.max.requests", "100"},
                                    {"num.partitions", "2"},
                                    {"listener.name.plaintext.max.connections", "9"}});
  EXPECT_EQ(config.unknown_names(), std::vector<std::string>{"my.plugin"});
  EXPECT_EQ(config.ignored_names(), std::vector<std::string>{"queued.max.requests"});
}

TEST(BrokerConfig, UnknownNamesAreDescribedWithoutTheirValue) {
  const ConfigEntry unknown = entry(load({{"my.plugin", "secret"}}).describe(), "my.plugin");
  EXPECT_EQ(unknown.value, std::nullopt);
  EXPECT_TRUE(unknown.sensitive);
  EXPECT_TRUE(unknown.read_only);
  EXPECT_EQ(unknown.type, OptionType::Unknown);
  EXPECT_EQ(unknown.synonyms, (std::vector<ConfigSynonym>{{"my.plugin", std::nullopt, ConfigSource::StaticBroker}}));
}

TEST(BrokerConfig, QuotasAreDescribedWhereTheyAreSet) {
  constexpr std::string_view rate = "leader.replication.throttled.rate";
  BrokerConfig config = load({});
  const auto listed = [&] {
    const auto all = config.describe();
    return std::ranges::find(all, rate, &ConfigEntry::name) != all.end();
  };
  EXPECT_FALSE(listed());
  config.set_dynamic({{std::string(rate), "100"}}, {});
  ASSERT_TRUE(listed());
  const ConfigEntry described = entry(config.describe(), rate);
  EXPECT_EQ(described.value, "100");
  EXPECT_EQ(described.type, OptionType::Long);
  EXPECT_FALSE(described.sensitive);
  EXPECT_FALSE(described.read_only);
  EXPECT_EQ(described.synonyms, (std::vector<ConfigSynonym>{{std::string(rate), "100", ConfigSource::DynamicBroker}}));
}

TEST(BrokerConfig, PasswordsAreNeverDescribed) {
  const ConfigEntry secret = entry(load({{"ssl.key.password", "secret"}}).describe(), "ssl.key.password");
  EXPECT_EQ(secret.value, std::nullopt);
  EXPECT_EQ(secret.synonyms.front().value, std::nullopt);
  EXPECT_EQ(secret.source, ConfigSource::StaticBroker);
}

TEST(BrokerConfig, DynamicLayersDecideInOrder) {
  BrokerConfig config = load({{"message.max.bytes", "1000"}});
  config.set_dynamic({{"message.max.bytes", "3000"}}, {{"message.max.bytes", "2000"}, {"num.io.threads", "4"}});
  EXPECT_EQ(config.get_int("message.max.bytes"), 3000);
  EXPECT_EQ(config.get_int("num.io.threads"), 4);
  const ConfigEntry described = entry(config.describe(), "message.max.bytes");
  EXPECT_EQ(described.source, ConfigSource::DynamicBroker);
  EXPECT_EQ(described.synonyms,
            (std::vector<ConfigSynonym>{{"message.max.bytes", "3000", ConfigSource::DynamicBroker},
                                        {"message.max.bytes", "2000", ConfigSource::DynamicDefaultBroker},
                                        {"message.max.bytes", "1000", ConfigSource::StaticBroker},
                                        {"message.max.bytes", "1048588", ConfigSource::Default}}));
}

TEST(BrokerConfig, DynamicValuesThatDoNotHoldAreLeftOut) {
  BrokerConfig config = load({});
  config.set_dynamic({{"message.max.bytes", "x"}, {"num.partitions", "9"}}, {{"ssl.keystore.location", "/k"}});
  EXPECT_EQ(config.get_int("message.max.bytes"), 1048588);
  EXPECT_EQ(config.get_int("num.partitions"), 1);
  EXPECT_EQ(config.find_string("ssl.keystore.location"), std::nullopt);
}

TEST(BrokerConfig, ClusterDefaultsAreDescribedAlone) {
  BrokerConfig config = load({});
  config.set_dynamic({{"num.io.threads", "4"}}, {{"min.insync.replicas", "1"}});
  const auto entries = config.describe_cluster_defaults();
  ASSERT_EQ(entries.size(), 1);
  EXPECT_EQ(entries[0].name, "min.insync.replicas");
  EXPECT_EQ(entries[0].source, ConfigSource::DynamicDefaultBroker);
  EXPECT_EQ(entries[0].synonyms.size(), 1);
}

TEST(BrokerConfig, SynonymsBeforeTheNameItselfAreDropped) {
  const BrokerConfig config = load({{"log.roll.ms", "5000"}});
  EXPECT_EQ(entry(config.describe(), "log.roll.hours").synonyms,
            (std::vector<ConfigSynonym>{{"log.roll.hours", "168", ConfigSource::Default}}));
  EXPECT_EQ(entry(config.describe(), "log.roll.ms").synonyms.size(), 2);
}

TEST(BrokerConfig, ValuesThatContradictEachOtherAreRefused) {
  EXPECT_TRUE(refusal({{"log.retention.ms", "0"}}).contains("log.retention.ms"));
  EXPECT_TRUE(refusal({{"log.roll.ms", "0"}}).contains("log.roll.ms"));
  EXPECT_TRUE(refusal({{"log.cleaner.threads", "200"}}).contains("dedupe"));
  EXPECT_TRUE(refusal({{"replica.fetch.wait.max.ms", "40000"}}).contains("replica.socket.timeout.ms"));
  EXPECT_TRUE(refusal({{"log.cleaner.min.compaction.lag.ms", "10"}, {"log.cleaner.max.compaction.lag.ms", "9"}})
                  .contains("lag"));
  EXPECT_TRUE(refusal({{"max.connections.per.ip", "0"}}).contains("overrides"));
  EXPECT_TRUE(refusal({{"max.connections.per.ip.overrides", "host:x"}}).contains("host:count"));
  EXPECT_TRUE(refusal({{"queued.max.request.bytes", "10"}}).contains("socket.request.max.bytes"));
  EXPECT_TRUE(refusal({{"cordoned.log.dirs", "/nowhere"}}).contains("/nowhere"));
}

std::string columns(const ConfigEntry& entry) {
  const auto source = [](ConfigSource s) {
    return s == ConfigSource::Default        ? "DEFAULT_CONFIG"
           : s == ConfigSource::StaticBroker ? "STATIC_BROKER_CONFIG"
                                             : "DYNAMIC_DEFAULT_BROKER_CONFIG";
  };
  std::string synonyms;
  for (const ConfigSynonym& synonym : entry.synonyms) {
    synonyms += (synonyms.empty() ? "" : ", ") + std::string(source(synonym.source)) + ":" + synonym.name + "=" +
                synonym.value.value_or("(null)");
  }
  return entry.value.value_or("(null)") + "|" + source(entry.source) + "|" + std::string(name(entry.type)) + "|" +
         (entry.read_only ? "true" : "false") + "|" + (entry.sensitive ? "true" : "false") + "|" + synonyms;
}

// Where the default is ours, Kafka's listing shows another.
bool departs(const std::string& name) { return option(ResourceKind::Broker, name).preset.departs; }

TEST(BrokerConfig, DescribesWhatKafkaDescribesForTheSameSettings) {
  const auto table = read_reference("describe-broker.tsv");
  if (!table) {
    GTEST_SKIP() << "ODRADEK_REFERENCE does not name the reference folder";
  }
  Settings settings;
  for (const auto& row : *table) {
    if (row.at("source") == "STATIC_BROKER_CONFIG" && row.at("name") != "broker.id") {
      settings.push_back({row.at("name"), row.at("value"), 0});
    }
  }
  BrokerConfig config = load(settings);
  config.set_dynamic({}, {{"min.insync.replicas", "1"}});
  const auto entries = config.describe();
  ASSERT_EQ(entries.size(), table->size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto& row = (*table)[i];
    EXPECT_EQ(entries[i].name, row.at("name"));
    if (departs(entries[i].name)) {
      continue;
    }
    EXPECT_EQ(columns(entries[i]), row.at("value") + "|" + row.at("source") + "|" + row.at("type") + "|" +
                                       row.at("read_only") + "|" + row.at("sensitive") + "|" + row.at("synonyms"))
        << row.at("name");
  }
  EXPECT_EQ(columns(entry(entries, "transaction.state.log.min.isr")),
            "1|STATIC_BROKER_CONFIG|INT|true|false|STATIC_BROKER_CONFIG:transaction.state.log.min.isr=1, "
            "DEFAULT_CONFIG:transaction.state.log.min.isr=1");
}

}  // namespace
}  // namespace odradek::config
