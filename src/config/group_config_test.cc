#include "config/group_config.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace odradek::config {
namespace {

BrokerConfig broker(const std::vector<Property>& settings = {}) {
  return *BrokerConfig::load(settings, {.root = true, .home = ""});
}

std::string group_refusal(const Overrides& overrides, std::string_view group = "g") {
  const auto valid = validate_group(broker(), group, overrides);
  return valid ? "accepted" : valid.error().message;
}

std::string metrics_refusal(const Overrides& overrides, std::string_view subscription = "s") {
  const auto valid = validate_client_metrics(subscription, overrides);
  return valid ? "accepted" : valid.error().message;
}

TEST(GroupConfig, UnknownNamesAndBadValuesAreRefused) {
  EXPECT_EQ(group_refusal({{"x", "1"}}), "Unknown group config name: x");
  EXPECT_EQ(group_refusal({{"share.isolation.level", "x"}}),
            "Invalid value x for configuration share.isolation.level: String must be one of: read_committed, "
            "read_uncommitted");
  EXPECT_NE(group_refusal({}, ""), "accepted");
}

TEST(GroupConfig, TheBrokerBoundsWhatAGroupMayAsk) {
  EXPECT_EQ(group_refusal({{"consumer.session.timeout.ms", "50000"}}), "accepted");
  EXPECT_EQ(
      group_refusal({{"consumer.session.timeout.ms", "44999"}}),
      "consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms (45000)");
  EXPECT_EQ(group_refusal({{"share.delivery.count.limit", "11"}}),
            "share.delivery.count.limit must be less than or equal to group.share.max.delivery.count.limit (10)");
}

TEST(GroupConfig, SessionsOutlastHeartbeats) {
  const BrokerConfig wide = broker({{"group.consumer.min.session.timeout.ms", "1000"}});
  const auto valid = validate_group(wide, "g", {{"consumer.session.timeout.ms", "5000"}});
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().message, "consumer.session.timeout.ms must be greater than consumer.heartbeat.interval.ms");
}

TEST(GroupConfig, DescribesTheBrokersValueUnlessSet) {
  const auto entries =
      describe_group(broker({{"group.consumer.session.timeout.ms", "46000"}}), {{"share.session.timeout.ms", "47000"}});
  EXPECT_EQ(entries.size(), 17);
  const auto find = [&](std::string_view name) { return *std::ranges::find(entries, name, &ConfigEntry::name); };
  EXPECT_EQ(find("consumer.session.timeout.ms").value, "46000");
  EXPECT_EQ(find("consumer.session.timeout.ms").source, ConfigSource::StaticBroker);
  EXPECT_EQ(find("share.session.timeout.ms").value, "47000");
  EXPECT_EQ(find("share.session.timeout.ms").source, ConfigSource::Group);
  EXPECT_EQ(find("share.auto.offset.reset").value, "latest");
  EXPECT_EQ(find("share.auto.offset.reset").source, ConfigSource::Default);
  EXPECT_EQ(find("share.auto.offset.reset").synonyms,
            (std::vector<ConfigSynonym>{{"share.auto.offset.reset", "latest", ConfigSource::Default}}));
}

TEST(ClientMetricsConfig, IntervalAndMatchAreChecked) {
  EXPECT_EQ(
      metrics_refusal({{"interval.ms", "100"}, {"metrics", "*"}, {"match", "client_id=a.*,client_source_port=9"}}),
      "accepted");
  EXPECT_TRUE(metrics_refusal({{"interval.ms", "99"}}).contains("between 100 and 3600000"));
  EXPECT_TRUE(metrics_refusal({{"match", "color=red"}}).starts_with("Illegal client matching pattern"));
  EXPECT_TRUE(metrics_refusal({{"match", "client_id="}}).starts_with("Illegal client matching pattern"));
  EXPECT_EQ(metrics_refusal({{"x", "1"}}), "Unknown client metrics configuration: x");
  EXPECT_NE(metrics_refusal({}, ""), "accepted");
}

TEST(ClientMetricsConfig, DescribesWhatIsSetAndTheDefaults) {
  const auto entries = describe_client_metrics({{"metrics", "org.apache."}});
  ASSERT_EQ(entries.size(), 3);
  EXPECT_EQ(entries[0].name, "interval.ms");
  EXPECT_EQ(entries[0].value, "300000");
  EXPECT_EQ(entries[0].source, ConfigSource::Default);
  EXPECT_EQ(entries[2].value, "org.apache.");
  EXPECT_EQ(entries[2].source, ConfigSource::ClientMetrics);
}

}  // namespace
}  // namespace odradek::config
