#include "app/consumer_rules.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace odradek::app {
namespace {

using Overrides = std::map<std::string, std::string, std::less<>>;

std::chrono::milliseconds session_timeout(const Overrides& overrides) {
  const auto config = config::BrokerConfig::load({}, {.root = false, .home = "/home/o"});
  coordinator::GroupOptions options;
  set_consumer_options(options, *config);
  return options.consumer_of(overrides)->session_timeout;
}

TEST(ConsumerRules, AGroupsOwnValueComesBeforeTheBrokers) {
  EXPECT_EQ(session_timeout({}), std::chrono::milliseconds(45'000));
  EXPECT_EQ(session_timeout({{"consumer.session.timeout.ms", "50000"}}), std::chrono::milliseconds(50'000));
}

TEST(ConsumerRules, ItIsReadAsItWasWhenItWasAccepted) {
  EXPECT_EQ(session_timeout({{"consumer.session.timeout.ms", " +50000 "}}), std::chrono::milliseconds(50'000));
}

TEST(ConsumerRules, ItKeepsTheBrokersBounds) {
  EXPECT_EQ(session_timeout({{"consumer.session.timeout.ms", "100000"}}), std::chrono::milliseconds(60'000));
}

}  // namespace
}  // namespace odradek::app
