// The half of BrokerConfig that answers DescribeConfigs.
#include <algorithm>
#include <map>

#include "config/broker_config.h"

namespace odradek::config {

std::vector<ConfigSynonym> BrokerConfig::synonyms(std::string_view first,
                                                  std::span<const std::string_view> names) const {
  std::vector<ConfigSynonym> all;
  const auto add = [&](std::string_view name, const std::string& text, ConfigSource source) {
    const Option* option = find_option(ResourceKind::Broker, name);
    const bool sensitive = option == nullptr || option->is_sensitive();
    all.push_back(
        {.name = std::string(name), .value = sensitive ? std::nullopt : std::optional(text), .source = source});
  };
  const std::pair<const Overrides*, ConfigSource> layers[] = {{&dynamic_broker_, ConfigSource::DynamicBroker},
                                                              {&dynamic_default_, ConfigSource::DynamicDefaultBroker},
                                                              {&static_, ConfigSource::StaticBroker}};
  for (const auto& [layer, source] : layers) {
    for (const std::string_view name : names) {
      if (const auto found = layer->find(name); found != layer->end()) {
        add(name, found->second, source);
      }
    }
  }
  for (const std::string_view name : names) {
    const Option* option = find_option(ResourceKind::Broker, name);
    if (const auto text = option == nullptr ? std::nullopt : default_text(*option)) {
      add(name, *text, ConfigSource::Default);
    }
  }
  all.erase(all.begin(), std::ranges::find(all, first, &ConfigSynonym::name));
  return all;
}

ConfigEntry BrokerConfig::entry(const Option& option) const {
  ConfigEntry entry;
  entry.name = option.name;
  entry.type = option.type;
  entry.read_only = option.is_read_only();
  entry.sensitive = option.is_sensitive();
  entry.documentation = option.documentation;
  const Value* value = find(option.name);
  if (value != nullptr && !entry.sensitive) {
    entry.value = text(*value);
  }
  const auto names = broker_synonyms(option.name);
  entry.synonyms = synonyms(option.name, names);
  entry.source = entry.synonyms.empty() ? ConfigSource::Default : entry.synonyms.front().source;
  return entry;
}

namespace {

// Nobody knows what an unknown name holds, so its value is never shown.
ConfigEntry unknown_entry(const std::string& name, std::vector<ConfigSynonym> synonyms) {
  ConfigEntry entry;
  entry.name = name;
  entry.source = synonyms.empty() ? ConfigSource::Default : synonyms.front().source;
  entry.read_only = true;
  entry.sensitive = true;
  entry.synonyms = std::move(synonyms);
  return entry;
}

}  // namespace

std::vector<ConfigEntry> BrokerConfig::describe() const {
  const auto is_set = [&](std::string_view name) {
    return static_.contains(name) || dynamic_broker_.contains(name) || dynamic_default_.contains(name);
  };
  std::map<std::string, ConfigEntry> entries;
  for (const Option* option : options(ResourceKind::Broker)) {
    // These show where they were set, as Kafka lists all that was given.
    const bool may_be_left_out = option->is_hidden() || option->scope == Scope::Quota;
    if (!may_be_left_out || is_set(option->name)) {
      entries.emplace(option->name, entry(*option));
    }
  }
  for (const Overrides* layer : {&dynamic_broker_, &dynamic_default_, &static_}) {
    for (const auto& [name, text] : *layer) {
      if (!entries.contains(name)) {
        const std::string_view names[] = {name};
        entries.emplace(name, unknown_entry(name, synonyms(name, names)));
      }
    }
  }
  std::vector<ConfigEntry> all;
  for (auto& [name, entry] : entries) {
    all.push_back(std::move(entry));
  }
  return all;
}

std::vector<ConfigEntry> BrokerConfig::describe_cluster_defaults() const {
  std::vector<ConfigEntry> all;
  for (const auto& [name, text] : dynamic_default_) {
    const Option* option = find_option(ResourceKind::Broker, name);
    ConfigEntry one = option == nullptr ? unknown_entry(name, {}) : entry(*option);
    one.source = ConfigSource::DynamicDefaultBroker;
    const bool shown = option != nullptr && !option->is_sensitive();
    one.value = shown ? std::optional(text) : std::nullopt;
    one.synonyms = {{.name = name, .value = one.value, .source = ConfigSource::DynamicDefaultBroker}};
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace odradek::config
