// The effective configuration of this broker: defaults, server.properties, and what was changed while it runs.
//
// A value. Layers, from the one that decides: this broker's dynamic options, the cluster's dynamic defaults,
// server.properties, the catalogue's defaults. Static values are checked when it is made; dynamic values were checked
// when they were set, and one that no longer holds is left out, so every getter returns a valid value.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config_entry.h"
#include "config/listener.h"
#include "config/properties.h"
#include "config/value.h"

namespace odradek::config {

// What the defaults depend on.
struct DefaultsContext {
  bool root = false;  // whether the process runs as root
  std::string home;   // the user's home directory

  // /var/lib/odradek as root, else ~/.local/share/odradek.
  [[nodiscard]] std::string data_directory() const;
};

class BrokerConfig {
 public:
  // `properties` are those of server.properties, then those of the command line; the last of a name wins.
  // Errc::InvalidConfig, with the name, the value and what is allowed, for the first bad one, and for values that
  // contradict each other. Names that are not in the catalogue are kept and listed by unknown_names().
  [[nodiscard]] static Result<BrokerConfig> load(std::span<const Property> properties, const DefaultsContext& context);

  // Replaces both dynamic layers.
  void set_dynamic(Overrides this_broker, Overrides cluster_defaults);

  // The option's effective value; `name` must be in the catalogue and of that type. The get_ forms are for options
  // that always have a value, the find_ forms for those that may have none.
  [[nodiscard]] bool get_bool(std::string_view name) const;
  [[nodiscard]] int64_t get_int(std::string_view name) const;  // Int, Short and Long
  [[nodiscard]] double get_double(std::string_view name) const;
  [[nodiscard]] const std::string& get_string(std::string_view name) const;
  [[nodiscard]] const std::vector<std::string>& get_list(std::string_view name) const;
  [[nodiscard]] std::optional<int64_t> find_int(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> find_string(std::string_view name) const;
  [[nodiscard]] const Value* find(std::string_view name) const;  // null for no value

  // The first of the broker options that has a value, in the unit of the topic's or group's option. Null for none.
  [[nodiscard]] std::optional<Value> fallback_value(const Option& option) const;

  [[nodiscard]] bool is_set_statically(std::string_view name) const { return static_.contains(name); }
  [[nodiscard]] const Overrides& static_values() const { return static_; }
  [[nodiscard]] const Overrides& dynamic_values() const { return dynamic_broker_; }
  [[nodiscard]] const Overrides& dynamic_defaults() const { return dynamic_default_; }

  // Absolute or relative as written; log.dirs, else log.dir.
  [[nodiscard]] std::vector<std::string> log_dirs() const;
  [[nodiscard]] std::string metadata_log_dir() const;

  // `listeners` without the controller's, what is advertised for them (an empty host is this machine's name, port 0
  // the port that was bound), and the controller's own, which may be none.
  [[nodiscard]] const std::vector<Listener>& listeners() const { return listeners_; }
  [[nodiscard]] const std::vector<Listener>& advertised_listeners() const { return advertised_; }
  [[nodiscard]] const std::vector<Listener>& controller_listeners() const { return controller_listeners_; }
  [[nodiscard]] std::string inter_broker_listener_name() const;

  // Names set in server.properties that the catalogue does not have, and those it has but Odradek does not act on:
  // ascending, for one line each at start.
  [[nodiscard]] std::vector<std::string> unknown_names() const;
  [[nodiscard]] std::vector<std::string> ignored_names() const;

  // What DescribeConfigs answers for this broker, ascending by name; and for the cluster's defaults (empty name).
  [[nodiscard]] std::vector<ConfigEntry> describe() const;
  [[nodiscard]] std::vector<ConfigEntry> describe_cluster_defaults() const;

  // Everything set under `names` in any layer, from the one that decides, as synonyms. What comes before the first
  // entry of `first` is dropped, as Kafka does.
  [[nodiscard]] std::vector<ConfigSynonym> synonyms(std::string_view first,
                                                    std::span<const std::string_view> names) const;

 private:
  struct Effective {
    const Option* option;
    std::optional<Value> value;
  };

  BrokerConfig() = default;
  void unite_node_and_broker_id();
  [[nodiscard]] Result<> check_static() const;
  void compute();
  [[nodiscard]] Result<> resolve_listeners();
  [[nodiscard]] std::optional<std::string> default_text(const Option& option) const;
  [[nodiscard]] std::optional<Value> effective(const Option& option) const;
  [[nodiscard]] ConfigEntry entry(const Option& option) const;

  std::string data_directory_;
  Overrides static_;
  Overrides dynamic_broker_;
  Overrides dynamic_default_;
  std::vector<Effective> effective_;  // in the catalogue's order
  std::vector<Listener> listeners_;
  std::vector<Listener> advertised_;
  std::vector<Listener> controller_listeners_;
};

}  // namespace odradek::config
