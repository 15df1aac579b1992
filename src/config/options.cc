#include "config/options.h"

#include <algorithm>

#include "base/ensure.h"
#include "config/detail/table.h"

namespace odradek::config {

namespace {

using Catalogue = std::vector<const Option*>;

Catalogue sorted(std::initializer_list<std::span<const Option>> tables) {
  Catalogue all;
  for (const auto table : tables) {
    for (const Option& option : table) {
      all.push_back(&option);
    }
  }
  std::ranges::sort(all, {}, &Option::name);
  ensure(std::ranges::adjacent_find(all, {}, &Option::name) == all.end(), "an option is in the catalogue twice");
  return all;
}

const Catalogue& broker_catalogue() {
  static const Catalogue catalogue =
      sorted({detail::broker_node_options(), detail::broker_network_options(), detail::broker_log_options(),
              detail::broker_replication_options(), detail::broker_group_options(),
              detail::broker_transaction_options(), detail::broker_security_options(), detail::broker_sasl_options(),
              detail::broker_remote_options(), detail::broker_own_options()});
  return catalogue;
}

}  // namespace

std::string_view name(OptionType type) {
  switch (type) {
    case OptionType::Unknown: return "UNKNOWN";
    case OptionType::Boolean: return "BOOLEAN";
    case OptionType::String: return "STRING";
    case OptionType::Int: return "INT";
    case OptionType::Short: return "SHORT";
    case OptionType::Long: return "LONG";
    case OptionType::Double: return "DOUBLE";
    case OptionType::List: return "LIST";
    case OptionType::Class: return "CLASS";
    case OptionType::Password: return "PASSWORD";
  }
  unreachable();
}

std::span<const Option* const> options(ResourceKind kind) {
  static const Catalogue topic = sorted({detail::topic_options()});
  static const Catalogue group = sorted({detail::group_options()});
  static const Catalogue client_metrics = sorted({detail::client_metrics_options()});
  switch (kind) {
    case ResourceKind::Broker: return broker_catalogue();
    case ResourceKind::Topic: return topic;
    case ResourceKind::Group: return group;
    case ResourceKind::ClientMetrics: return client_metrics;
  }
  unreachable();
}

const Option* find_option(ResourceKind kind, std::string_view name) {
  const auto all = options(kind);
  const auto found = std::ranges::lower_bound(all, name, {}, &Option::name);
  return found != all.end() && (*found)->name == name ? *found : nullptr;
}

const Option& option(ResourceKind kind, std::string_view name) {
  const Option* found = find_option(kind, name);
  ensure(found != nullptr, name);
  return *found;
}

std::vector<std::string_view> broker_synonyms(std::string_view name) {
  if (name == "log.retention.ms" || name == "log.retention.minutes" || name == "log.retention.hours") {
    return {"log.retention.ms", "log.retention.minutes", "log.retention.hours"};
  }
  if (name == "log.roll.ms" || name == "log.roll.hours") {
    return {"log.roll.ms", "log.roll.hours"};
  }
  if (name == "log.roll.jitter.ms" || name == "log.roll.jitter.hours") {
    return {"log.roll.jitter.ms", "log.roll.jitter.hours"};
  }
  if (name == "log.flush.interval.ms") {
    return {"log.flush.interval.ms", "log.flush.scheduler.interval.ms"};
  }
  return {name};
}

std::vector<Departure> departures() {
  std::vector<Departure> all;
  for (const Option* option : options(ResourceKind::Broker)) {
    if (!option->preset.departs) {
      continue;
    }
    const bool is_directory = option->preset.kind == Default::Kind::DataDirectory;
    all.push_back({.option = option->name,
                   .ours = is_directory ? "/var/lib/odradek as root, else ~/.local/share/odradek"
                                        : std::string(option->preset.text),
                   .kafka = option->preset.kafka});
  }
  return all;
}

}  // namespace odradek::config
