#include "config/alter.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ensure.h"
#include "config/detail/broker_checks.h"
#include "config/start_refusals.h"

namespace odradek::config {

namespace {

Result<> check_form(std::span<const Alteration> alterations) {
  std::set<std::string_view> names;
  for (const Alteration& alteration : alterations) {
    if (!names.insert(alteration.name).second) {
      return fail(Errc::InvalidRequest, fmt::format("Error due to duplicate config keys: {}", alteration.name));
    }
    if (!alteration.value && alteration.operation != AlterOperation::Delete) {
      return fail(Errc::InvalidRequest, fmt::format("Null value not supported for: {}", alteration.name));
    }
  }
  return {};
}

std::vector<std::string> without_empty(std::vector<std::string> elements) {
  std::erase(elements, "");
  return elements;
}

std::string_view verb(AlterOperation operation) { return operation == AlterOperation::Append ? "APPEND" : "SUBTRACT"; }

// The list after Append or Subtract. An element that is there already is not added again.
Result<std::string> edit_list(ResourceKind kind, const Overrides& current, const Alteration& alteration) {
  const Option* option = find_option(kind, alteration.name);
  if (option == nullptr || option->type != OptionType::List) {
    return fail(Errc::InvalidConfig, fmt::format("Can't {} to key {} because its type is not LIST.",
                                                 verb(alteration.operation), alteration.name));
  }
  const auto set = current.find(alteration.name);
  auto elements = without_empty(split_list(set == current.end() ? option->preset.text : std::string_view(set->second)));
  for (const std::string& element : without_empty(split_list(*alteration.value))) {
    const auto found = std::ranges::find(elements, element);
    if (alteration.operation == AlterOperation::Subtract) {
      std::erase(elements, element);
    } else if (found == elements.end()) {
      elements.push_back(element);
    }
  }
  return join_list(elements);
}

bool is_unchanged(const Overrides& before, const std::string& name, const std::string& text) {
  const auto found = before.find(name);
  return found != before.end() && found->second == text;
}

bool is_transport_security(std::string_view name) {
  return name.starts_with("ssl.") || name.starts_with("sasl.") || name.starts_with("listener.name.");
}

Result<> check_scope(BrokerChange change, const Overrides& before, const Overrides& after) {
  std::vector<std::string> read_only;
  std::vector<std::string> per_broker;
  for (const auto& [name, text] : after) {
    const Option* option = find_option(ResourceKind::Broker, name);
    if (option == nullptr || is_unchanged(before, name, text)) {
      continue;
    }
    if (option->is_read_only()) {
      read_only.push_back(name);
    }
    if (change.cluster_default && option->scope == Scope::PerBroker) {
      per_broker.push_back(name);
    }
  }
  if (!read_only.empty()) {
    return fail(Errc::InvalidRequest,
                fmt::format("Cannot update these configs dynamically: {}", fmt::join(read_only, ", ")));
  }
  if (!per_broker.empty()) {
    return fail(Errc::InvalidRequest,
                fmt::format("Cannot update these configs at default cluster level, broker id must be specified: {}",
                            fmt::join(per_broker, ", ")));
  }
  return {};
}

Result<> check_min_insync_replicas(BrokerChange change, const Overrides& before, const Overrides& after) {
  constexpr std::string_view name = "min.insync.replicas";
  if (!change.elr_enabled) {
    return {};
  }
  if (change.cluster_default && before.contains(name) && !after.contains(name)) {
    return fail(Errc::InvalidConfig, "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.");
  }
  if (!change.cluster_default && after.contains(name)) {
    return fail(Errc::InvalidConfig, "Broker-level min.insync.replicas cannot be altered while ELR is enabled.");
  }
  return {};
}

Result<> check_values(const Overrides& before, const Overrides& after) {
  for (const auto& [name, text] : after) {
    if (is_unchanged(before, name, text)) {
      continue;
    }
    if (is_transport_security(name)) {
      return fail(Errc::InvalidRequest, fmt::format("Cannot update {}: only PLAINTEXT listeners are served", name));
    }
    if (const Option* option = find_option(ResourceKind::Broker, name)) {
      if (const auto value = parse_value(*option, text); !value) {
        return fail(Errc::InvalidRequest, value.error().message);
      }
    }
  }
  return {};
}

// How far Kafka lets one change go.
Result<> check_cleaner_threads(int64_t now, int64_t wanted) {
  if (wanted < 1) {
    return fail(Errc::InvalidRequest, "Log cleaner threads should be at least 1");
  }
  if (wanted < now / 2) {
    return fail(Errc::InvalidRequest,
                fmt::format("Log cleaner threads cannot be reduced to less than half the current value {}", now));
  }
  if (wanted > now * 2) {
    return fail(Errc::InvalidRequest,
                fmt::format("Log cleaner threads cannot be increased to more than double the current value {}", now));
  }
  return {};
}

// The broker as it would be: all its options must still agree.
Result<> check_together(BrokerConfig broker, BrokerChange change, const Overrides& after) {
  const Overrides own = broker.dynamic_values();
  const Overrides defaults = broker.dynamic_defaults();
  const int64_t cleaner_threads = broker.get_int("log.cleaner.threads");
  broker.set_dynamic(change.cluster_default ? own : after, change.cluster_default ? after : defaults);
  if (const auto agreed = detail::check_values(broker); !agreed) {
    return fail(Errc::InvalidRequest, agreed.error().message);
  }
  if (const int64_t wanted = broker.get_int("log.cleaner.threads"); wanted != cleaner_threads) {
    TRY(check_cleaner_threads(cleaner_threads, wanted));
  }
  if (const auto listeners = detail::resolve_listeners(broker); !listeners) {
    return fail(Errc::InvalidRequest, listeners.error().message);
  }
  if (const auto refusals = start_refusals(broker); !refusals.empty()) {
    return fail(Errc::InvalidRequest, refusals.front());
  }
  return {};
}

}  // namespace

Result<Overrides> apply_alterations(ResourceKind kind, const Overrides& current,
                                    std::span<const Alteration> alterations) {
  TRY(check_form(alterations));
  Overrides after = current;
  for (const Alteration& alteration : alterations) {
    switch (alteration.operation) {
      case AlterOperation::Set: after.insert_or_assign(alteration.name, *alteration.value); break;
      case AlterOperation::Delete: after.erase(alteration.name); break;
      case AlterOperation::Append:
      case AlterOperation::Subtract: {
        TRY(std::string list, edit_list(kind, current, alteration));
        after.insert_or_assign(alteration.name, std::move(list));
        break;
      }
    }
  }
  return after;
}

Result<Overrides> replace_overrides(std::span<const Alteration> settings) {
  return apply_alterations(ResourceKind::Topic, {}, settings);
}

Result<> validate_broker(const BrokerConfig& broker, BrokerChange change, const Overrides& before,
                         const Overrides& after) {
  TRY(check_scope(change, before, after));
  TRY(check_min_insync_replicas(change, before, after));
  TRY(check_values(before, after));
  return check_together(broker, change, after);
}

}  // namespace odradek::config
