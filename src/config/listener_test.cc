#include "config/listener.h"

#include <gtest/gtest.h>

#include "config/broker_config.h"

namespace odradek::config {
namespace {

Result<BrokerConfig> load(const std::vector<Property>& settings) {
  return BrokerConfig::load(settings, {.root = true, .home = ""});
}

std::string refusal(const std::vector<Property>& settings) {
  const auto config = load(settings);
  return config ? "accepted" : config.error().message;
}

std::vector<Listener> listeners(const std::string& text) {
  const auto config = load({{"listeners", text}, {"advertised.listeners", "PLAINTEXT://a:1"}});
  EXPECT_TRUE(config) << config.error().message;
  return config->listeners();
}

TEST(Listener, HostMayBeEmptyNamedOrIpv6) {
  EXPECT_EQ(listeners("PLAINTEXT://:9092"), (std::vector<Listener>{{"PLAINTEXT", "", 9092, "PLAINTEXT"}}));
  EXPECT_EQ(listeners("plaintext://kafka-1.x_y:0"),
            (std::vector<Listener>{{"PLAINTEXT", "kafka-1.x_y", 0, "PLAINTEXT"}}));
  EXPECT_EQ(listeners("PLAINTEXT://[fe80::1%eth0]:65535"),
            (std::vector<Listener>{{"PLAINTEXT", "fe80::1%eth0", 65535, "PLAINTEXT"}}));
}

TEST(Listener, EmptyHostBindsEveryAddress) {
  EXPECT_EQ(listeners("PLAINTEXT://:9092")[0].bind_hosts(), std::vector<std::string>{""});
  EXPECT_TRUE(listeners("PLAINTEXT://:9092")[0].is_wildcard());
  EXPECT_EQ(listeners("PLAINTEXT://10.0.0.1:9092")[0].bind_hosts(), std::vector<std::string>{"10.0.0.1"});
}

TEST(Listener, OtherFormsAreRefused) {
  for (const char* text :
       {"PLAINTEXT", "://:9092", "PLAINTEXT:9092", "PLAINTEXT://", "PLAINTEXT://host", "PLAINTEXT://:65536",
        "PLAINTEXT://:-1", "PLAINTEXT://:", "PLAINTEXT://a/b:1", "PLAINTEXT://::1:9092", "PLAINTEXT://[]:1"}) {
    EXPECT_TRUE(refusal({{"listeners", text}}).contains("NAME://host:port"))
        << text << ": " << refusal({{"listeners", text}});
  }
}

TEST(Listener, NameNeedsAProtocol) {
  EXPECT_TRUE(refusal({{"listeners", "INSIDE://:9092"}}).contains("INSIDE has no protocol"));
  const auto mapped = load({{"listeners", "INSIDE://localhost:9092"},
                            {"listener.security.protocol.map", "inside:plaintext"},
                            {"inter.broker.listener.name", "INSIDE"}});
  ASSERT_TRUE(mapped) << mapped.error().message;
  EXPECT_EQ(mapped->listeners()[0].protocol, "PLAINTEXT");
  EXPECT_TRUE(refusal({{"listener.security.protocol.map", "A:B"}}).contains("NAME:PROTOCOL"));
  EXPECT_TRUE(refusal({{"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,PLAINTEXT:SSL"}}).contains("twice"));
}

TEST(Listener, NamesAndPortsDiffer) {
  EXPECT_TRUE(refusal({{"listeners", "PLAINTEXT://a:1,PLAINTEXT://b:2"}}).contains("different name"));
  EXPECT_TRUE(refusal({{"listeners", "PLAINTEXT://a:1,CONTROLLER://b:1"}}).contains("different port"));
  EXPECT_EQ(refusal({{"listeners", "PLAINTEXT://127.0.0.1:1,CONTROLLER://[::1]:1"}}), "accepted");
  EXPECT_EQ(refusal({{"listeners", "PLAINTEXT://a:0,CONTROLLER://b:0"}}), "accepted");
}

TEST(Listener, ControllersListenersAreApart) {
  const auto config = load({{"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
                            {"advertised.listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"}});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->listeners().size(), 1);
  EXPECT_EQ(config->advertised_listeners(), (std::vector<Listener>{{"PLAINTEXT", "localhost", 9092, "PLAINTEXT"}}));
  EXPECT_EQ(config->controller_listeners(), (std::vector<Listener>{{"CONTROLLER", "", 9093, "PLAINTEXT"}}));
  EXPECT_TRUE(refusal({{"listeners", "CONTROLLER://:9093"}}).contains("for clients"));
}

TEST(Listener, AdvertisedAddressesMustBeReachableAndListenedOn) {
  EXPECT_TRUE(refusal({{"listeners", "PLAINTEXT://0.0.0.0:9092"}}).contains("nonroutable"));
  EXPECT_EQ(refusal({{"listeners", "PLAINTEXT://0.0.0.0:9092"}, {"advertised.listeners", "PLAINTEXT://a:9092"}}),
            "accepted");
  EXPECT_TRUE(refusal({{"advertised.listeners", "SSL://a:9092"}}).contains("SSL is not a name of listeners"));
  EXPECT_TRUE(refusal({{"inter.broker.listener.name", "OTHER"}}).contains("inter.broker.listener.name"));
}

}  // namespace
}  // namespace odradek::config
