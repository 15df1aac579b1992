#include "config/value.h"

#include <limits>

#include <gtest/gtest.h>

namespace odradek::config {
namespace {

std::string of_broker(std::string_view name, std::string_view value) {
  const auto printed = canonical(option(ResourceKind::Broker, name), value);
  return printed ? *printed : "refused: " + printed.error().message;
}

std::string of_topic(std::string_view name, std::string_view value) {
  const auto printed = canonical(option(ResourceKind::Topic, name), value);
  return printed ? *printed : "refused: " + printed.error().message;
}

TEST(Value, RefusalNamesOptionValueAndWhatIsAllowed) {
  EXPECT_EQ(of_broker("num.partitions", "-5"),
            "refused: Invalid value -5 for configuration num.partitions: Value must be at least 1");
  EXPECT_EQ(of_topic("compression.lz4.level", "18"),
            "refused: Invalid value 18 for configuration compression.lz4.level: Value must be between 1 and 17");
  EXPECT_EQ(of_topic("message.timestamp.type", "x"),
            "refused: Invalid value x for configuration message.timestamp.type: String must be one of: CreateTime, "
            "LogAppendTime");
}

TEST(Value, RefusalOfAPasswordDoesNotShowIt) {
  Option secret = option(ResourceKind::Broker, "ssl.key.password");
  secret.accepts.kind = Accepts::Kind::NonEmptyText;
  const auto refused = parse_value(secret, "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "Invalid value [hidden] for configuration ssl.key.password: String must not be empty");
}

TEST(Value, SpaceAroundAndPlusSignAreTaken) {
  EXPECT_EQ(of_broker("num.partitions", " +7\t"), "7");
  EXPECT_EQ(of_broker("auto.create.topics.enable", " TRUE "), "true");
}

TEST(Value, IntegersKeepToTheirType) {
  EXPECT_EQ(of_broker("num.partitions", "2147483647"), "2147483647");
  EXPECT_TRUE(of_broker("num.partitions", "2147483648").starts_with("refused"));
  EXPECT_TRUE(of_broker("offsets.topic.replication.factor", "32768").starts_with("refused"));
  EXPECT_EQ(of_topic("retention.bytes", "-9223372036854775808"), "-9223372036854775808");
  EXPECT_TRUE(of_topic("retention.bytes", "9223372036854775808").starts_with("refused"));
  EXPECT_TRUE(of_broker("num.partitions", "").starts_with("refused"));
  EXPECT_TRUE(of_broker("num.partitions", "1.5").starts_with("refused"));
  EXPECT_TRUE(of_broker("num.partitions", "+-1").starts_with("refused"));
}

TEST(Value, GzipLevelIsOneToNineOrMinusOne) {
  EXPECT_EQ(of_topic("compression.gzip.level", "-1"), "-1");
  EXPECT_EQ(of_topic("compression.gzip.level", "9"), "9");
  EXPECT_TRUE(of_topic("compression.gzip.level", "0").starts_with("refused"));
}

TEST(Value, ListsHaveNoEmptyElementsAndEachOnce) {
  EXPECT_EQ(of_topic("cleanup.policy", " compact , delete "), "compact,delete");
  EXPECT_EQ(of_topic("cleanup.policy", ""), "");
  EXPECT_EQ(of_topic("cleanup.policy", "delete,delete"), "delete");
  EXPECT_EQ(of_topic("cleanup.policy", "delete,compact,delete"), "delete,compact");
  EXPECT_TRUE(of_topic("cleanup.policy", "delete,").starts_with("refused"));
  EXPECT_TRUE(of_topic("cleanup.policy", "shrink").starts_with("refused"));
  EXPECT_TRUE(of_broker("listeners", "").starts_with("refused"));
}

TEST(Value, ThrottledReplicasArePairsOrAStar) {
  EXPECT_EQ(of_topic("leader.replication.throttled.replicas", "0:1, 1:2"), "0:1,1:2");
  EXPECT_EQ(of_topic("leader.replication.throttled.replicas", "*"), "*");
  EXPECT_TRUE(of_topic("leader.replication.throttled.replicas", "0:1,x").starts_with("refused"));
}

TEST(Value, WordsKeepTheirCapitalsWhereCapitalsDoNotMatter) {
  EXPECT_EQ(of_broker("group.consumer.migration.policy", "Upgrade"), "Upgrade");
  EXPECT_TRUE(of_topic("compression.type", "GZIP").starts_with("refused"));
}

TEST(Value, OffsetResetTakesADuration) {
  const Option& reset = option(ResourceKind::Group, "share.auto.offset.reset");
  for (const char* good : {"latest", "earliest", "by_duration:PT1H", "by_duration:P2DT3H4M5.5S", "by_duration:P1D"}) {
    EXPECT_TRUE(parse_value(reset, good)) << good;
  }
  for (const char* bad : {"", "none", "by_duration:", "by_duration:x", "by_duration:PT", "by_duration:-PT1H",
                          "by_duration:PT1S1H", "by_duration:P1DT", "by_duration:PT1.5H", "by_duration:P", "PT1H"}) {
    EXPECT_FALSE(parse_value(reset, bad)) << bad;
  }
}

TEST(Value, DoublesPrintAsJavaPrintsThem) {
  EXPECT_EQ(java_text(0.5), "0.5");
  EXPECT_EQ(java_text(1), "1.0");
  EXPECT_EQ(java_text(0), "0.0");
  EXPECT_EQ(java_text(1000), "1000.0");
  EXPECT_EQ(java_text(1e7), "1.0E7");
  EXPECT_EQ(java_text(0.00025), "2.5E-4");
  EXPECT_EQ(java_text(std::numeric_limits<double>::max()), "1.7976931348623157E308");
  EXPECT_TRUE(of_topic("min.cleanable.dirty.ratio", "NaN").starts_with("refused"));
  EXPECT_TRUE(of_topic("min.cleanable.dirty.ratio", "1.01").starts_with("refused"));
}

}  // namespace
}  // namespace odradek::config
