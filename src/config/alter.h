// What AlterConfigs and IncrementalAlterConfigs do to a resource's overrides, as pure functions.
//
// The controller has the overrides; these say what they become, or why not. Source: KIP-339 and the answers of
// Kafka 4.3.1.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/broker_config.h"
#include "config/config_entry.h"
#include "config/options.h"

namespace odradek::config {

// Numbered as on the wire.
enum class AlterOperation : int8_t { Set = 0, Delete = 1, Append = 2, Subtract = 3 };

struct Alteration {
  std::string name;
  AlterOperation operation = AlterOperation::Set;
  std::optional<std::string> value;  // without meaning for Delete
};

// The overrides after an incremental change. `current` is what is set on the resource now. Append and Subtract of an
// option that is not set start from its default.
// Errc::InvalidRequest: a name twice, or no value where one is needed. Errc::InvalidConfig: Append or Subtract of what
// is no list. Whether the outcome may stand is for the validate functions to say.
[[nodiscard]] Result<Overrides> apply_alterations(ResourceKind kind, const Overrides& current,
                                                  std::span<const Alteration> alterations);

// The overrides that AlterConfigs, which replaces them all, asks for. Errors as above.
[[nodiscard]] Result<Overrides> replace_overrides(std::span<const Alteration> settings);

struct BrokerChange {
  bool cluster_default = false;  // the defaults of all brokers rather than this broker alone
  bool elr_enabled = false;      // whether the feature eligible.leader.replicas.version is on
};

// Whether a broker resource may be given the overrides `after`. What is as in `before` is not judged again.
// Errc::InvalidRequest, as Kafka answers: read-only options, per-broker options as the cluster's default, TLS and SASL
// options, bad values, values that contradict each other. Errc::InvalidConfig for min.insync.replicas, which belongs to
// the cluster's defaults alone, and stays there, while eligible leader replicas are on (KIP-966). Names that are not in
// the catalogue are accepted.
[[nodiscard]] Result<> validate_broker(const BrokerConfig& broker, BrokerChange change, const Overrides& before,
                                       const Overrides& after);

}  // namespace odradek::config
