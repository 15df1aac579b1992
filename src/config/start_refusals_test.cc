#include "config/start_refusals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odradek::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> refusals(const std::vector<Property>& settings) {
  const auto config = BrokerConfig::load(settings, {.root = true, .home = ""});
  EXPECT_TRUE(config) << config.error().message;
  return start_refusals(*config);
}

TEST(StartRefusals, NothingSetMayStart) { EXPECT_THAT(refusals({}), IsEmpty()); }

TEST(StartRefusals, KafkasSampleFileMayStart) {
  EXPECT_THAT(
      refusals({{"process.roles", "broker,controller"},
                {"node.id", "1"},
                {"controller.quorum.bootstrap.servers", "localhost:9093"},
                {"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
                {"inter.broker.listener.name", "PLAINTEXT"},
                {"advertised.listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"},
                {"controller.listener.names", "CONTROLLER"},
                {"listener.security.protocol.map",
                 "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL"}}),
      IsEmpty());
}

TEST(StartRefusals, ListenersOfOtherProtocols) {
  EXPECT_THAT(refusals({{"listeners", "PLAINTEXT://localhost:9092,SSL://localhost:9094"}}),
              ElementsAre(HasSubstr("Listener SSL asks for SSL")));
  EXPECT_THAT(refusals({{"listeners", "INSIDE://localhost:9092"},
                        {"listener.security.protocol.map", "INSIDE:SASL_PLAINTEXT"},
                        {"inter.broker.listener.name", "INSIDE"}}),
              ElementsAre(HasSubstr("Listener INSIDE asks for SASL_PLAINTEXT")));
}

TEST(StartRefusals, AuthenticationAndAuthorization) {
  EXPECT_THAT(refusals({{"sasl.enabled.mechanisms", "PLAIN"}}), ElementsAre(HasSubstr("sasl.enabled.mechanisms")));
  EXPECT_THAT(refusals({{"listener.name.plaintext.scram-sha-256.sasl.jaas.config", "x"}}),
              ElementsAre(HasSubstr("SASL")));
  EXPECT_THAT(refusals({{"ssl.client.auth", "required"}}), ElementsAre(HasSubstr("ssl.client.auth is required")));
  EXPECT_THAT(refusals({{"listener.name.plaintext.ssl.client.auth", "requested"}}),
              ElementsAre(HasSubstr("requested")));
  EXPECT_THAT(refusals({{"ssl.client.auth", "none"}}), IsEmpty());
  EXPECT_THAT(refusals({{"authorizer.class.name", "org.example.A"}}), ElementsAre(HasSubstr("org.example.A")));
}

TEST(StartRefusals, OtherRolesAndVoters) {
  EXPECT_THAT(refusals({{"process.roles", "broker"}}), ElementsAre(HasSubstr("broker and controller together")));
  EXPECT_THAT(refusals({{"controller.quorum.voters", "1@localhost:9093"}}), IsEmpty());
  EXPECT_THAT(refusals({{"controller.quorum.voters", "1@localhost:9093,2@other:9093"}}),
              ElementsAre(HasSubstr("2@other:9093")));
}

TEST(StartRefusals, OtherControllersToBootstrapFrom) {
  const Property listeners{"listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"};
  EXPECT_THAT(refusals({listeners, {"controller.quorum.bootstrap.servers", "[::1]:9093"}}), IsEmpty());
  EXPECT_THAT(refusals({listeners, {"controller.quorum.bootstrap.servers", "localhost:9094"}}),
              ElementsAre(HasSubstr("9094")));
  EXPECT_THAT(refusals({listeners, {"controller.quorum.bootstrap.servers", "other:9093"}}),
              ElementsAre(HasSubstr("other")));
  EXPECT_THAT(refusals({{"controller.quorum.bootstrap.servers", "localhost:9093"}}), ElementsAre(HasSubstr("9093")));
}

TEST(StartRefusals, RemoteStorage) {
  EXPECT_THAT(refusals({{"remote.log.storage.system.enable", "true"}}), ElementsAre(HasSubstr("remote storage")));
}

}  // namespace
}  // namespace odradek::config
