// The resource BROKER_LOGGER (KIP-412): how much the process logs.
//
// There is one logger, root, for all components. Kafka's levels that we do not have count as the nearest one that logs
// no less: TRACE as DEBUG, FATAL as ERROR.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace odradek::api {

inline constexpr std::string_view root_logger = "root";

// As Kafka writes it.
[[nodiscard]] std::string_view logger_level();

// One change of IncrementalAlterConfigs; `operation` as on the wire. Errc::InvalidConfig for a logger that is not there
// or no level, Errc::InvalidRequest for an operation that loggers do not have.
[[nodiscard]] Result<> check_logger_change(std::string_view logger, int8_t operation,
                                           std::optional<std::string_view> level);

// Only for what check_logger_change() accepts.
void apply_logger_change(std::string_view level);

}  // namespace odradek::api
