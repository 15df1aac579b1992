#include "config/broker_config.h"

#include <algorithm>

#include "base/ensure.h"
#include "config/detail/broker_checks.h"

namespace odradek::config {

namespace {

// Kafka takes listener.name.<listener>.<option> for any listener; those names are known, though not in the catalogue.
bool is_listener_option(std::string_view name) { return name.starts_with("listener.name."); }

// One that acts for a single listener, too.
bool acts_for_listener(std::string_view name) { return is_listener_option(name) && name.ends_with(".max.connections"); }

// A dynamic value that was good when it was set, by another release perhaps, may not be good now.
Overrides without_bad_values(Overrides values, bool cluster_default) {
  std::erase_if(values, [&](const auto& pair) {
    const Option* option = find_option(ResourceKind::Broker, pair.first);
    if (option == nullptr) {
      return false;
    }
    const bool out_of_place = option->is_read_only() || (cluster_default && option->scope == Scope::PerBroker);
    return out_of_place || !parse_value(*option, pair.second);
  });
  return values;
}

// In the unit of the option that falls back: hours to milliseconds.
Value times(const Value& value, int64_t factor) {
  const int64_t* number = std::get_if<int64_t>(&value);
  return number == nullptr ? value : Value(*number < 0 ? *number : *number * factor);
}

}  // namespace

std::string DefaultsContext::data_directory() const {
  return root ? "/var/lib/odradek" : home + "/.local/share/odradek";
}

Result<BrokerConfig> BrokerConfig::load(std::span<const Property> properties, const DefaultsContext& context) {
  BrokerConfig config;
  config.data_directory_ = context.data_directory();
  for (const Property& property : properties) {
    config.static_.insert_or_assign(property.key, property.value);
  }
  config.unite_node_and_broker_id();  // before the check: the bounds of either are those of both
  TRY(config.check_static());
  config.compute();
  TRY(config.resolve_listeners());
  TRY(detail::check_values(config));
  return config;
}

// Either name sets both, as in Kafka.
void BrokerConfig::unite_node_and_broker_id() {
  if (static_.contains("node.id")) {
    static_.try_emplace("broker.id", static_["node.id"]);
  } else if (static_.contains("broker.id")) {
    static_.try_emplace("node.id", static_["broker.id"]);
  }
}

Result<> BrokerConfig::check_static() const {
  for (const auto& [name, text] : static_) {
    if (const Option* option = find_option(ResourceKind::Broker, name)) {
      TRY(parse_value(*option, text));
    }
  }
  return {};
}

void BrokerConfig::set_dynamic(Overrides this_broker, Overrides cluster_defaults) {
  dynamic_broker_ = without_bad_values(std::move(this_broker), false);
  dynamic_default_ = without_bad_values(std::move(cluster_defaults), true);
  compute();
  // Listeners that do not hold together were refused when they were set; the former ones stay.
  static_cast<void>(resolve_listeners());
}

std::optional<std::string> BrokerConfig::default_text(const Option& option) const {
  switch (option.preset.kind) {
    case Default::Kind::Text: return std::string(option.preset.text);
    case Default::Kind::DataDirectory: return data_directory_;
    case Default::Kind::Null:
    case Default::Kind::Required: return std::nullopt;
  }
  unreachable();
}

std::optional<Value> BrokerConfig::effective(const Option& option) const {
  for (const Overrides* layer : {&dynamic_broker_, &dynamic_default_, &static_}) {
    if (const auto found = layer->find(option.name); found != layer->end()) {
      auto value = parse_value(option, found->second);
      ensure(value.has_value(), "layers hold checked values");
      return *std::move(value);
    }
  }
  if (option.preset.kind == Default::Kind::DataDirectory) {
    return std::vector{data_directory_};  // one directory, even if a home's name holds a comma
  }
  const auto text = default_text(option);
  if (!text) {
    return std::nullopt;
  }
  auto value = parse_value(option, *text);
  ensure(value.has_value(), "defaults are valid");
  return *std::move(value);
}

void BrokerConfig::compute() {
  effective_.clear();
  for (const Option* option : options(ResourceKind::Broker)) {
    effective_.push_back({.option = option, .value = effective(*option)});
  }
}

const Value* BrokerConfig::find(std::string_view name) const {
  const auto by_name = [](const Effective& effective) { return effective.option->name; };
  const auto found = std::ranges::lower_bound(effective_, name, {}, by_name);
  ensure(found != effective_.end() && found->option->name == name, name);
  return found->value ? &*found->value : nullptr;
}

namespace {

template <typename T>
const T& must_be(const Value* value, std::string_view name) {
  ensure(value != nullptr && std::holds_alternative<T>(*value), name);
  return std::get<T>(*value);
}

}  // namespace

bool BrokerConfig::get_bool(std::string_view name) const { return must_be<bool>(find(name), name); }
int64_t BrokerConfig::get_int(std::string_view name) const { return must_be<int64_t>(find(name), name); }
double BrokerConfig::get_double(std::string_view name) const { return must_be<double>(find(name), name); }
const std::string& BrokerConfig::get_string(std::string_view name) const {
  return must_be<std::string>(find(name), name);
}

const std::vector<std::string>& BrokerConfig::get_list(std::string_view name) const {
  return must_be<std::vector<std::string>>(find(name), name);
}

std::optional<int64_t> BrokerConfig::find_int(std::string_view name) const {
  const Value* value = find(name);
  return value == nullptr ? std::nullopt : std::optional(must_be<int64_t>(value, name));
}

std::optional<std::string> BrokerConfig::find_string(std::string_view name) const {
  const Value* value = find(name);
  return value == nullptr ? std::nullopt : std::optional(must_be<std::string>(value, name));
}

std::optional<Value> BrokerConfig::fallback_value(const Option& option) const {
  for (const Fallback& fallback : option.fallbacks) {
    if (fallback.option.empty()) {
      break;
    }
    if (const Value* value = find(fallback.option)) {
      // Any negative retention time is for ever; Kafka shows it as -1.
      const bool endless = option.name == "retention.ms" && must_be<int64_t>(value, fallback.option) < 0;
      return endless ? Value(int64_t{-1}) : times(*value, fallback.factor);
    }
  }
  return std::nullopt;
}

std::vector<std::string> BrokerConfig::log_dirs() const {
  const Value* dirs = find("log.dirs");
  return dirs == nullptr ? get_list("log.dir") : must_be<std::vector<std::string>>(dirs, "log.dirs");
}

std::string BrokerConfig::metadata_log_dir() const {
  const auto own = find_string("metadata.log.dir");
  return own ? *own : log_dirs().front();
}

std::string BrokerConfig::inter_broker_listener_name() const {
  const auto named = find_string("inter.broker.listener.name");
  return upper(named ? *named : get_string("security.inter.broker.protocol"));
}

Result<> BrokerConfig::resolve_listeners() {
  TRY(detail::ResolvedListeners resolved, detail::resolve_listeners(*this));
  listeners_ = std::move(resolved.broker);
  advertised_ = std::move(resolved.advertised);
  controller_listeners_ = std::move(resolved.controller);
  return {};
}

std::vector<std::string> BrokerConfig::unknown_names() const {
  std::vector<std::string> names;
  for (const auto& [name, text] : static_) {
    if (find_option(ResourceKind::Broker, name) == nullptr && !is_listener_option(name)) {
      names.push_back(name);
    }
  }
  return names;
}

std::vector<std::string> BrokerConfig::ignored_names() const {
  std::vector<std::string> names;
  for (const auto& [name, text] : static_) {
    const Option* option = find_option(ResourceKind::Broker, name);
    if (option == nullptr ? is_listener_option(name) && !acts_for_listener(name) : option->effect == Effect::Ignored) {
      names.push_back(name);
    }
  }
  return names;
}

}  // namespace odradek::config
