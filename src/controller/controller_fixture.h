// A cluster of one registered node, for tests of decisions.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "controller/broker_decisions.h"
#include "controller/cluster_state.h"
#include "controller/feature_decisions.h"
#include "controller/leader_decisions.h"
#include "machine/machine.h"

namespace odradek::controller {

inline const DirectoryId test_directory{Uuid(0xD1, 0xD2)};

inline config::BrokerConfig test_config(const std::vector<config::Property>& properties = {}) {
  auto config = config::BrokerConfig::load(properties, {.root = false, .home = "/home/x"});
  EXPECT_TRUE(config.has_value()) << config.error().message;
  return *std::move(config);
}

inline NodeRegistration test_node() {
  return {
      .id = NodeId(1),
      .incarnation = Uuid(9, 9),
      .endpoints = {{.listener = "PLAINTEXT", .host = "localhost", .port = 9092, .security_protocol = 0}},
      .controller_endpoints = {{.listener = "CONTROLLER", .host = "localhost", .port = 9093, .security_protocol = 0}},
      .rack = {},
      .directories = {test_directory}};
}

class DecisionTest : public ::testing::Test {
 protected:
  explicit DecisionTest(const std::vector<config::Property>& properties = {}) : config(test_config(properties)) {
    apply(bootstrap(BootstrapRecords::of(default_feature_levels()), context()).take());
    apply(register_node(state, test_node(), end).records);
    apply(unfence(state, NodeId(1)).take());
  }

  DecisionContext context() {
    return {.config = config, .new_uuid = [this] { return Uuid(0xABC, ++uuids); }};
  }

  // As the machine does when records are appended; the number of them.
  size_t apply(const std::vector<machine::LogRecord>& records) {
    const Result<> replayed = state.replay(end, LeaderEpoch(1), 1, machine::detail::views(records));
    EXPECT_TRUE(replayed.has_value()) << replayed.error().message;
    end = end + static_cast<int64_t>(records.size());
    return records.size();
  }

  const metadata::PartitionImage& partition(std::string_view topic, int32_t index) {
    return *state.image().topic(topic)->partition(PartitionIndex(index));
  }

  config::BrokerConfig config;
  ClusterState state;
  Offset end{0};
  uint64_t uuids = 0;
};

}  // namespace odradek::controller
