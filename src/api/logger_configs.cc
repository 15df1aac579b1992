#include "api/logger_configs.h"

#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "config/alter.h"
#include "observe/log.h"

namespace odradek::api {

namespace {

using config::AlterOperation;
using observe::LogLevel;

constexpr std::array<std::pair<std::string_view, LogLevel>, 6> levels = {{{"DEBUG", LogLevel::Debug},
                                                                          {"ERROR", LogLevel::Error},
                                                                          {"FATAL", LogLevel::Error},
                                                                          {"INFO", LogLevel::Info},
                                                                          {"TRACE", LogLevel::Debug},
                                                                          {"WARN", LogLevel::Warn}}};

std::optional<LogLevel> find_level(std::string_view text) {
  for (const auto& [name, level] : levels) {
    if (name == text) {
      return level;
    }
  }
  return std::nullopt;
}

std::unexpected<Error> not_allowed(std::string_view operation) {
  return fail(Errc::InvalidRequest,
              fmt::format("{} operation is not allowed for the BROKER_LOGGER resource", operation));
}

}  // namespace

std::string_view logger_level() {
  switch (observe::log_level()) {
    case LogLevel::Debug: return "DEBUG";
    case LogLevel::Info: return "INFO";
    case LogLevel::Warn: return "WARN";
    case LogLevel::Error: return "ERROR";
  }
  std::unreachable();
}

Result<> check_logger_change(std::string_view logger, int8_t operation, std::optional<std::string_view> level) {
  if (operation == static_cast<int8_t>(AlterOperation::Append)) {
    return not_allowed("APPEND");
  }
  if (operation == static_cast<int8_t>(AlterOperation::Subtract)) {
    return not_allowed("SUBTRACT");
  }
  if (operation != static_cast<int8_t>(AlterOperation::Set) &&
      operation != static_cast<int8_t>(AlterOperation::Delete)) {
    return fail(Errc::InvalidRequest,
                fmt::format("Unknown operation type {} is not allowed for the BROKER_LOGGER resource", operation));
  }
  if (logger != root_logger) {
    return fail(Errc::InvalidConfig, fmt::format("Logger {} does not exist!", logger));
  }
  if (operation == static_cast<int8_t>(AlterOperation::Delete)) {
    return fail(Errc::InvalidRequest,
                fmt::format("Removing the log level of the {} logger is not allowed", root_logger));
  }
  if (!level || !find_level(*level)) {
    return fail(Errc::InvalidConfig,
                fmt::format("Cannot set the log level of {} to {} as it is not a supported log level. Valid log levels "
                            "are DEBUG, ERROR, FATAL, INFO, TRACE, WARN",
                            logger, level.value_or("")));
  }
  return {};
}

void apply_logger_change(std::string_view level) {
  if (const auto found = find_level(level)) {
    observe::set_log_level(*found);
  }
}

}  // namespace odradek::api
