#include "config/alter.h"

#include <gtest/gtest.h>

namespace odradek::config {
namespace {

using enum AlterOperation;

std::string after(const Overrides& current, const std::vector<Alteration>& alterations) {
  const auto result = apply_alterations(ResourceKind::Topic, current, alterations);
  if (!result) {
    return std::string(name(result.error().code)) + ": " + result.error().message;
  }
  std::string text;
  for (const auto& [name, value] : *result) {
    text += name + "=" + value + ";";
  }
  return text;
}

TEST(Alter, SetAndDeleteChangeOnlyWhatTheyName) {
  EXPECT_EQ(after({{"a", "1"}, {"b", "2"}}, {{"b", Set, "3"}, {"c", Set, "4"}, {"a", Delete, {}}}), "b=3;c=4;");
  EXPECT_EQ(after({}, {{"a", Delete, {}}}), "");
}

TEST(Alter, AppendAddsWhatIsNotThereYet) {
  EXPECT_EQ(after({{"cleanup.policy", "compact"}}, {{"cleanup.policy", Append, "compact, delete"}}),
            "cleanup.policy=compact,delete;");
}

TEST(Alter, AppendToWhatIsNotSetStartsFromTheDefault) {
  EXPECT_EQ(after({}, {{"cleanup.policy", Append, "compact"}}), "cleanup.policy=delete,compact;");
}

TEST(Alter, SubtractRemovesEachElement) {
  EXPECT_EQ(after({{"cleanup.policy", "compact,delete"}}, {{"cleanup.policy", Subtract, "compact"}}),
            "cleanup.policy=delete;");
  EXPECT_EQ(after({}, {{"cleanup.policy", Subtract, "delete"}}), "cleanup.policy=;");
}

TEST(Alter, OnlyListsAreAppendedTo) {
  EXPECT_TRUE(
      after({}, {{"segment.bytes", Append, "1"}}).starts_with("InvalidConfig: Can't APPEND to key segment.bytes"));
  EXPECT_TRUE(after({}, {{"nonsense", Subtract, "1"}}).starts_with("InvalidConfig: Can't SUBTRACT to key nonsense"));
}

TEST(Alter, NamesComeOnceAndWithAValue) {
  EXPECT_EQ(after({}, {{"a", Set, "1"}, {"a", Delete, {}}}), "InvalidRequest: Error due to duplicate config keys: a");
  EXPECT_EQ(after({}, {{"a", Set, {}}}), "InvalidRequest: Null value not supported for: a");
}

TEST(Alter, ReplacingForgetsTheRest) {
  const auto replaced = replace_overrides(std::vector<Alteration>{{"a", Set, "1"}});
  ASSERT_TRUE(replaced);
  EXPECT_EQ(*replaced, (Overrides{{"a", "1"}}));
}

class AlterBroker : public testing::Test {
 protected:
  std::string refusal(BrokerChange change, const Overrides& before, const Overrides& wanted) {
    const auto valid = validate_broker(broker_, change, before, wanted);
    return valid ? "accepted" : std::string(name(valid.error().code)) + ": " + valid.error().message;
  }

  BrokerConfig broker_ = *BrokerConfig::load({}, {.root = true, .home = ""});
  BrokerChange this_broker_;
  BrokerChange all_brokers_{.cluster_default = true, .elr_enabled = false};
};

TEST_F(AlterBroker, DynamicOptionsMayChange) {
  EXPECT_EQ(refusal(this_broker_, {}, {{"message.max.bytes", "2000"}}), "accepted");
  EXPECT_EQ(refusal(all_brokers_, {}, {{"log.retention.ms", "2000"}, {"my.plugin", "x"}}), "accepted");
}

TEST_F(AlterBroker, ReadOnlyOptionsMayNot) {
  EXPECT_EQ(refusal(this_broker_, {}, {{"num.partitions", "2"}, {"node.id", "2"}}),
            "InvalidRequest: Cannot update these configs dynamically: node.id, num.partitions");
}

TEST_F(AlterBroker, PerBrokerOptionsAreNoClusterDefaults) {
  EXPECT_EQ(
      refusal(all_brokers_, {}, {{"listeners", "PLAINTEXT://localhost:9092"}}),
      "InvalidRequest: Cannot update these configs at default cluster level, broker id must be specified: listeners");
}

TEST_F(AlterBroker, BadValuesAndContradictionsAreRefused) {
  EXPECT_EQ(refusal(this_broker_, {}, {{"num.io.threads", "0"}}),
            "InvalidRequest: Invalid value 0 for configuration num.io.threads: Value must be at least 1");
  EXPECT_TRUE(refusal(all_brokers_, {}, {{"log.retention.ms", "0"}}).starts_with("InvalidRequest: log.retention.ms"));
  EXPECT_TRUE(refusal(this_broker_, {}, {{"listeners", "OTHER://localhost:1"}}).contains("no protocol"));
}

TEST_F(AlterBroker, CleanerThreadsDoubleAtMostAndHalveAtLeast) {
  const auto to = [&](std::string_view threads) {
    return refusal(
        all_brokers_, {},
        {{"log.cleaner.threads", std::string(threads)}, {"log.cleaner.dedupe.buffer.size", "9223372036854775807"}});
  };
  EXPECT_EQ(to("2"), "accepted");
  EXPECT_EQ(to("0"), "InvalidRequest: Log cleaner threads should be at least 1");
  EXPECT_EQ(to("2147483647"),
            "InvalidRequest: Log cleaner threads cannot be increased to more than double the current value 1");
  broker_.set_dynamic({}, {{"log.cleaner.threads", "8"}});
  EXPECT_EQ(to("4"), "accepted");
  EXPECT_EQ(to("3"), "InvalidRequest: Log cleaner threads cannot be reduced to less than half the current value 8");
}

TEST_F(AlterBroker, TransportSecurityIsRefused) {
  EXPECT_TRUE(
      refusal(this_broker_, {}, {{"listener.name.plaintext.ssl.keystore.location", "/k"}}).contains("PLAINTEXT"));
  EXPECT_TRUE(refusal(this_broker_, {}, {{"sasl.jaas.config", "x"}}).contains("PLAINTEXT"));
  EXPECT_TRUE(refusal(this_broker_, {}, {{"listeners", "PLAINTEXT://localhost:1,SSL://localhost:2"}}).contains("SSL"));
}

TEST_F(AlterBroker, WhatDoesNotChangeIsNotJudgedAgain) {
  EXPECT_EQ(refusal(this_broker_, {{"num.partitions", "2"}}, {{"num.partitions", "2"}, {"num.io.threads", "3"}}),
            "accepted");
}

TEST_F(AlterBroker, MinInsyncReplicasStaysAClusterDefaultWithEligibleLeaderReplicas) {
  const BrokerChange one{.cluster_default = false, .elr_enabled = true};
  const BrokerChange all{.cluster_default = true, .elr_enabled = true};
  EXPECT_TRUE(refusal(one, {}, {{"min.insync.replicas", "2"}}).starts_with("InvalidConfig: Broker-level"));
  EXPECT_TRUE(refusal(all, {{"min.insync.replicas", "1"}}, {}).starts_with("InvalidConfig: Cluster-level"));
  EXPECT_EQ(refusal(all, {{"min.insync.replicas", "1"}}, {{"min.insync.replicas", "2"}}), "accepted");
}

}  // namespace
}  // namespace odradek::config
