// Structured log lines: a stable event name to grep for, and fields to query.
//
//   Logger log_{"storage"};
//   log_.warn("isr_shrunk").with("partition", id).with("lag", lag);
//
// writes, when the statement ends,
//
//   2026-11-22 17:31:02.123 WARN storage isr_shrunk partition=foo-0 lag=12
//
// to standard error. Values with spaces, quotes, '=' or control characters come quoted and escaped, so what a client
// sends cannot forge a line. May be used on any shard or thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace odradek::observe {

enum class LogLevel : uint8_t { Debug, Info, Warn, Error };

[[nodiscard]] std::string_view name(LogLevel level);

// One finished line, before the time is put in front of it.
struct LogRecord {
  LogLevel level;
  std::string_view component;
  std::string_view event;
  std::string_view fields;  // " name=value name=value", empty if there are none
};

using LogSink = std::function<void(const LogRecord&)>;

// Where lines go: nothing here means standard error. For tests and the simulator, which have a time of their own.
// Set it before threads start.
void set_log_sink(LogSink sink);

// Lines below this level are not written. May be changed at any time.
void set_log_level(LogLevel least);
[[nodiscard]] LogLevel log_level();

// A line being put together; written when it is destroyed.
class LogLine {
 public:
  // `component` and `event` outlive the line. A line that is not `enabled` formats and writes nothing.
  LogLine(LogLevel level, std::string_view component, std::string_view event, bool enabled)
      : component_(component), event_(event), level_(level), enabled_(enabled) {}
  LogLine(LogLine&& other) noexcept
      : component_(other.component_),
        event_(other.event_),
        fields_(std::move(other.fields_)),
        level_(other.level_),
        enabled_(std::exchange(other.enabled_, false)) {}
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;
  LogLine& operator=(LogLine&&) = delete;
  ~LogLine();

  // Anything that fmt can format.
  template <typename Value>
  LogLine&& with(std::string_view field, const Value& value) && {
    if (enabled_) {
      add(field, fmt::format("{}", value));
    }
    return std::move(*this);
  }

 private:
  void add(std::string_view field, std::string_view value);

  std::string_view component_;
  std::string_view event_;
  std::string fields_;
  LogLevel level_;
  bool enabled_;
};

// At most so many lines of one event in so long a time.
struct LogLimit {
  uint32_t lines = 5;
  std::chrono::seconds period{10};
};

class Logger {
 public:
  explicit Logger(std::string component) : component_(std::move(component)) {}

  LogLine debug(std::string_view event) const { return line(LogLevel::Debug, event); }
  LogLine info(std::string_view event) const { return line(LogLevel::Info, event); }
  LogLine warn(std::string_view event) const { return line(LogLevel::Warn, event); }
  LogLine error(std::string_view event) const { return line(LogLevel::Error, event); }

  // For what clients can cause as often as they like. The first line after some were left out says how many, as
  // suppressed=n. Counted per component and event, in the whole process.
  LogLine limited(LogLevel level, std::string_view event, LogLimit limit = {}) const;

 private:
  LogLine line(LogLevel level, std::string_view event) const {
    return LogLine(level, component_, event, level >= log_level());
  }

  std::string component_;
};

}  // namespace odradek::observe
