// One line of what DescribeConfigs answers: an option's effective value, where it comes from, and what else was set.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/options.h"

namespace odradek::config {

// Numbered as DescribeConfigs answers them.
enum class ConfigSource : int8_t {
  Unknown = 0,
  DynamicTopic = 1,
  DynamicBroker = 2,         // this broker alone
  DynamicDefaultBroker = 3,  // all brokers of the cluster
  StaticBroker = 4,          // server.properties
  Default = 5,
  DynamicBrokerLogger = 6,
  ClientMetrics = 7,
  Group = 8,
};

struct ConfigSynonym {
  std::string name;
  std::optional<std::string> value;  // absent where sensitive
  ConfigSource source;

  friend bool operator==(const ConfigSynonym&, const ConfigSynonym&) = default;
};

struct ConfigEntry {
  std::string name;
  std::optional<std::string> value;             // absent for no value, and where sensitive
  ConfigSource source = ConfigSource::Default;  // that of the first synonym
  OptionType type = OptionType::Unknown;
  bool read_only = false;
  bool sensitive = false;
  std::vector<ConfigSynonym> synonyms;  // from the one that decides down to the default
  std::string_view documentation;       // of the catalogue; never dangles
};

// What was set on a resource, by name: raw texts.
using Overrides = std::map<std::string, std::string, std::less<>>;

}  // namespace odradek::config
