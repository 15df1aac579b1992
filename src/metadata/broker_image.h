// A broker's or controller's registration.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/ids.h"

namespace odradek::metadata {

struct EndpointImage {
  std::string listener;
  std::string host;
  uint16_t port = 0;
  int16_t security_protocol = 0;  // 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL
  friend bool operator==(const EndpointImage&, const EndpointImage&) = default;
};

// The levels of one feature that a node supports.
struct FeatureRange {
  int16_t min = 0;
  int16_t max = 0;
  friend bool operator==(const FeatureRange&, const FeatureRange&) = default;
};

struct BrokerImage {
  NodeId id;
  Uuid incarnation;  // fresh at each start of the process
  BrokerEpoch epoch;
  std::vector<EndpointImage> endpoints;
  std::map<std::string, FeatureRange> features;
  std::optional<std::string> rack;
  bool is_fenced = true;
  bool is_in_controlled_shutdown = false;
  std::vector<DirectoryId> directories;
  std::optional<std::vector<DirectoryId>> cordoned_directories;  // null: not said

  // Null when it does not listen there.
  [[nodiscard]] const EndpointImage* endpoint(std::string_view listener) const;
  [[nodiscard]] bool may_lead() const { return !is_fenced && !is_in_controlled_shutdown; }
  friend bool operator==(const BrokerImage&, const BrokerImage&) = default;
};

struct ControllerImage {
  NodeId id;
  Uuid incarnation;
  bool zk_migration_ready = false;
  std::vector<EndpointImage> endpoints;
  std::map<std::string, FeatureRange> features;
  friend bool operator==(const ControllerImage&, const ControllerImage&) = default;
};

}  // namespace odradek::metadata
