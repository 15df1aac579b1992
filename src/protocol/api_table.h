// Every API of Kafka's protocol: which versions exist, which Kafka 4.3.1 serves, and how its headers look.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "protocol/api_keys.h"
#include "protocol/message_type.h"

namespace odradek::protocol {

struct ApiInfo {
  ApiKey key;
  std::string_view name;
  VersionRange versions;          // all that we can read and write, with those that Kafka 4.0 dropped
  VersionRange kafka;             // what Kafka 4.3.1 serves
  VersionRange kafka_advertised;  // what Kafka 4.3.1 says it serves
  int16_t first_flexible_request;
  int16_t first_flexible_response;
  bool on_broker;  // the listeners that serve it in Kafka
  bool on_controller;
  bool is_forwardable;  // a broker may pass it to the controller in an Envelope
  bool is_cluster_action;

  [[nodiscard]] int16_t request_header_version(int16_t version) const {
    return version >= first_flexible_request ? 2 : 1;
  }
  // A client that asks for our versions does not know yet whether we know flexible ones.
  [[nodiscard]] int16_t response_header_version(int16_t version) const {
    return version >= first_flexible_response && key != ApiKey::ApiVersions ? 1 : 0;
  }
};

// Ascending by key.
[[nodiscard]] std::span<const ApiInfo> all_apis();

// Null for a number that is no API.
[[nodiscard]] const ApiInfo* find_api(int16_t key);

// Only for keys of the enum.
[[nodiscard]] const ApiInfo& api_info(ApiKey key);

}  // namespace odradek::protocol
