#include "app/connection_rules.h"

#include <vector>

#include <gtest/gtest.h>

namespace odradek::app {
namespace {

using Limits = net::ConnectionLimitOptions;

config::BrokerConfig load(std::vector<config::Property> properties) {
  auto config = config::BrokerConfig::load(properties, {.root = false, .home = "/home/o"});
  EXPECT_TRUE(config.has_value()) << config.error().message;
  return *std::move(config);
}

TEST(ConnectionRules, NothingIsLimitedByDefault) {
  const Limits limits = connection_limits(load({}));
  EXPECT_EQ(limits.total_max, Limits::unlimited);
  EXPECT_EQ(limits.address_max, Limits::unlimited);
  EXPECT_EQ(limits.per_second_max, Limits::unlimited);
  EXPECT_TRUE(limits.address_overrides.empty());
  EXPECT_TRUE(limits.listener_max.empty());
  EXPECT_TRUE(limits.protected_listener.empty()) << "with one listener nobody is to be protected from the others";
}

TEST(ConnectionRules, OverridesNameAddresses) {
  const Limits limits = connection_limits(load(
      {{"max.connections.per.ip", "7"}, {"max.connections.per.ip.overrides", "10.0.0.1:2, fe80::1:30,localhost:4"}}));
  EXPECT_EQ(limits.address_max, 7);
  const std::map<std::string, int32_t, std::less<>> expected = {
      {"10.0.0.1", 2}, {"fe80::1", 30}, {"127.0.0.1", 4}, {"::1", 4}};
  EXPECT_EQ(limits.address_overrides, expected);
}

TEST(ConnectionRules, AListenerMayHaveItsOwnLimitAndBrokersArePassed) {
  config::BrokerConfig config = load({{"listeners", "PLAINTEXT://127.0.0.1:1,CLIENTS://127.0.0.1:2"},
                                      {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CLIENTS:PLAINTEXT"},
                                      {"listener.name.clients.max.connections", "9"}});
  EXPECT_EQ(connection_limits(config).listener_max.at("CLIENTS"), 9);
  EXPECT_EQ(connection_limits(config).protected_listener, "PLAINTEXT");
  config.set_dynamic({{"max.connections", "5"}, {"listener.name.clients.max.connections", "3"}}, {});
  EXPECT_EQ(connection_limits(config).total_max, 5);
  EXPECT_EQ(connection_limits(config).listener_max.at("CLIENTS"), 3);
}

TEST(ConnectionRules, IdlenessWithoutEndIsWhatTheClockCanCount) {
  EXPECT_EQ(connection_idle_max(load({})), std::chrono::minutes(10));
  EXPECT_EQ(connection_idle_max(load({{"connections.max.idle.ms", "1500"}})), std::chrono::milliseconds(1500));
  const runtime::Duration without_end = connection_idle_max(load({{"connections.max.idle.ms", "-1"}}));
  EXPECT_GT(without_end, std::chrono::years(50));
  EXPECT_LT(without_end, runtime::Duration::max() / 2) << "counted from now it is still a time to come";
  EXPECT_EQ(connection_idle_max(load({{"connections.max.idle.ms", "9223372036854775807"}})), without_end);
}

}  // namespace
}  // namespace odradek::app
