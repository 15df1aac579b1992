#include "app/start_command.h"

#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "app/broker.h"
#include "config/broker_config.h"
#include "config/properties.h"
#include "config/start_refusals.h"
#include "config/value.h"
#include "observe/log.h"
#include "runtime/real/host_name.h"
#include "runtime/real/real_runtime.h"

namespace odradek::app {
namespace {

constexpr std::string_view shards_setting = "odradek.shards";
constexpr uint64_t shards_max = 1024;
constexpr std::string_view reserve_setting = "odradek.reserve.bytes";
constexpr uint64_t reserve_default = 16 << 20;
constexpr uint64_t reserve_max = uint64_t{1} << 40;

const observe::Logger logger{"app"};

Result<std::vector<config::Property>> read_properties(const StartArguments& arguments) {
  std::vector<config::Property> properties;
  if (arguments.config_file) {
    const std::string& path = *arguments.config_file;
    std::ifstream file(path, std::ios::binary);
    if (!file || std::filesystem::is_directory(path)) {
      return fail(Errc::NotFound, fmt::format("'{}' cannot be read: give --config a readable server.properties", path));
    }
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    auto parsed = config::parse_properties(text);
    if (!parsed) {
      return fail(parsed.error().code, fmt::format("{}: {}", path, parsed.error().message));
    }
    properties = *std::move(parsed);
  }
  for (const std::string& setting : arguments.settings) {
    const size_t equals = setting.find('=');
    const std::string_view key = config::trim(std::string_view(setting).substr(0, equals));
    if (equals == std::string::npos || key.empty()) {
      return fail(Errc::InvalidConfig, fmt::format("--set {} is not of the form key=value", setting));
    }
    const std::string_view value = config::trim(std::string_view(setting).substr(equals + 1));
    properties.push_back({.key = std::string(key), .value = std::string(value)});
  }
  return properties;
}

// Takes a setting of our own, not Kafka's, out of the list before Kafka's are looked at; absent leaves `value` alone.
Result<> take_number(std::vector<config::Property>& properties, std::string_view name, uint64_t most, uint64_t& value) {
  for (const config::Property& property : properties) {
    if (property.key != name) {
      continue;
    }
    const std::string_view text = config::trim(property.value);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) {
      return fail(Errc::InvalidConfig,
                  fmt::format("Invalid value {} for configuration {}: a number from 0 to {}", text, name, most));
    }
  }
  std::erase_if(properties, [name](const config::Property& property) { return property.key == name; });
  return {};
}

std::string home_directory() {
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return home;
  }
  const passwd* user = ::getpwuid(::getuid());
  return user == nullptr ? "/" : user->pw_dir;
}

Result<config::BrokerConfig> load_config(const std::vector<config::Property>& properties) {
  TRY(config::BrokerConfig config,
      config::BrokerConfig::load(properties, {.root = ::geteuid() == 0, .home = home_directory()}));
  const std::vector<std::string> refusals = config::start_refusals(config);
  if (!refusals.empty()) {
    return fail(Errc::InvalidConfig, refusals.front());
  }
  for (const std::string& name : config.unknown_names()) {
    logger.warn("config_unknown").with("name", name);
  }
  for (const std::string& name : config.ignored_names()) {
    logger.warn("config_ignored").with("name", name).with("reason", "known, and not acted on yet");
  }
  return config;
}

// Says what is still to be flushed once a second, so that a long stop can be understood.
class Progress {
 public:
  void operator()(size_t left) {
    const runtime::MonotonicTime now = runtime::Shard::current().now();
    if (now - last_ >= std::chrono::seconds(1) && left > 0) {
      last_ = now;
      logger.info("stopping").with("partitions_left_to_flush", left);
    }
  }

 private:
  runtime::MonotonicTime last_ = runtime::Shard::current().now();
};

runtime::Task<int> serve(runtime::RealRuntime& runtime, config::BrokerConfig config, BrokerOptions options) {
  Result<std::unique_ptr<Broker>> broker = co_await Broker::start(runtime, std::move(config), options);
  if (!broker) {
    fmt::print(stderr, "odradek: {}\n", broker.error().message);
    co_return EXIT_FAILURE;
  }
  // At once, as if the power had gone: a stop in good order would wait for the disk that does not answer.
  (*broker)->halt_by([](const Error& why) {
    fmt::print(stderr,
               "odradek: the disk of the metadata log failed, and without it no broker can go on: {}. What was "
               "acknowledged from disk is there; mend the disk and start again\n",
               why.message);
    std::fflush(stderr);
    std::_Exit(EXIT_FAILURE);
  });
  for (const std::string& address : (*broker)->listening()) {
    fmt::print("Odradek listens on {}\n", address);
  }
  for (const replication::LogDirectoryRef& directory : (*broker)->log_directories()) {
    fmt::print("Odradek keeps its data in {}\n", directory.path);
  }
  std::fflush(stdout);

  const int signal = co_await runtime.next_signal();
  logger.info("stopping").with("signal", signal);
  runtime.unwatch_signals();  // a second one ends the process at once, without the marker of a clean stop
  const bool is_clean = co_await (*broker)->stop(Progress());
  logger.info("stopped").with("clean", is_clean);
  co_return is_clean ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int start_command(const StartArguments& arguments) {
  const auto refuse = [](const Error& error) {
    fmt::print(stderr, "odradek: {}\n", error.message);
    return EXIT_FAILURE;
  };
  Result<std::vector<config::Property>> properties = read_properties(arguments);
  if (!properties) {
    return refuse(properties.error());
  }
  uint64_t shards = 0;
  BrokerOptions options{.reserve_bytes = reserve_default, .host_name = runtime::host_name()};
  if (const Result<> taken = take_number(*properties, shards_setting, shards_max, shards); !taken) {
    return refuse(taken.error());
  }
  if (const Result<> taken = take_number(*properties, reserve_setting, reserve_max, options.reserve_bytes); !taken) {
    return refuse(taken.error());
  }
  Result<config::BrokerConfig> config = load_config(*properties);
  if (!config) {
    return refuse(config.error());
  }
  auto runtime = runtime::RealRuntime::start({.shards = static_cast<uint32_t>(shards), .watch_signals = true});
  if (!runtime) {
    return refuse(runtime.error());
  }
  return (*runtime)->run(serve(**runtime, *std::move(config), options));
}

}  // namespace odradek::app
