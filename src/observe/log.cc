#include "observe/log.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/ensure.h"

namespace odradek::observe {
namespace {

std::atomic<LogLevel> least_level{LogLevel::Info};

spdlog::logger& standard_error() {
  static const auto logger = [] {
    auto made = std::make_unique<spdlog::logger>("odradek", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%d %H:%M:%S.%e %v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

void write_to_standard_error(const LogRecord& record) {
  standard_error().log(spdlog::level::info, "{:<5} {} {}{}", name(record.level), record.component, record.event,
                       record.fields);
}

LogSink& sink() {
  static LogSink current = write_to_standard_error;
  return current;
}

bool needs_quotes(std::string_view value) {
  return value.empty() || std::ranges::any_of(value, [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == '\x7f';
         });
}

void append_quoted(std::string& to, std::string_view value) {
  to += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      fmt::format_to(std::back_inserter(to), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      to += c;
    }
  }
  to += '"';
}

// How often limited events came lately.
class Limits {
 public:
  struct Answer {
    bool may_write;
    uint64_t suppressed;  // since the last line written
  };

  Answer ask(std::string_view component, std::string_view event, LogLimit limit) {
    const auto now = spdlog::log_clock::now();
    const std::lock_guard lock(mutex_);
    Window& window = windows_[{std::string(component), std::string(event)}];
    // The wall clock may be set back: that too begins a new period.
    if (window.written == 0 || now - window.begin >= limit.period || now < window.begin) {
      window.begin = now;
      window.written = 0;
    }
    if (window.written >= limit.lines) {
      ++window.suppressed;
      return {.may_write = false, .suppressed = 0};
    }
    ++window.written;
    return {.may_write = true, .suppressed = std::exchange(window.suppressed, 0)};
  }

 private:
  struct Window {
    spdlog::log_clock::time_point begin;
    uint32_t written = 0;
    uint64_t suppressed = 0;
  };
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Window> windows_;
};

Limits& limits() {
  static Limits all;
  return all;
}

}  // namespace

std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::Debug: return "DEBUG";
    case LogLevel::Info: return "INFO";
    case LogLevel::Warn: return "WARN";
    case LogLevel::Error: return "ERROR";
  }
  unreachable();
}

void set_log_sink(LogSink new_sink) { sink() = new_sink ? std::move(new_sink) : LogSink(write_to_standard_error); }

void set_log_level(LogLevel least) { least_level.store(least, std::memory_order_relaxed); }

LogLevel log_level() { return least_level.load(std::memory_order_relaxed); }

LogLine::~LogLine() {
  if (enabled_) {
    sink()({.level = level_, .component = component_, .event = event_, .fields = fields_});
  }
}

void LogLine::add(std::string_view field, std::string_view value) {
  fields_ += ' ';
  fields_ += field;
  fields_ += '=';
  if (needs_quotes(value)) {
    append_quoted(fields_, value);
  } else {
    fields_ += value;
  }
}

LogLine Logger::limited(LogLevel level, std::string_view event, LogLimit limit) const {
  if (level < log_level()) {
    return LogLine(level, component_, event, false);
  }
  const auto answer = limits().ask(component_, event, limit);
  LogLine made(level, component_, event, answer.may_write);
  if (answer.suppressed > 0) {
    return std::move(made).with("suppressed", answer.suppressed);
  }
  return made;
}

}  // namespace odradek::observe
