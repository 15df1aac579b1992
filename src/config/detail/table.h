// The words in which the tables of options are written.
#pragma once

#include <span>

#include "config/options.h"

namespace odradek::config::detail {

using enum OptionType;
using enum Importance;
using enum Scope;
using enum Effect;

// Defaults: a text, or one of these.
inline constexpr Default null{Default::Kind::Null};

// Ours first, then Kafka's.
consteval Default ours(std::string_view text, std::string_view kafka) { return {Default::Kind::Text, text, kafka}; }

// The directory that DefaultsContext names.
consteval Default our_data_directory(std::string_view kafka) { return {Default::Kind::DataDirectory, {}, kafka}; }

// Accepted values.
inline constexpr Accepts anything{};
inline constexpr Accepts non_empty{.kind = Accepts::Kind::NonEmptyText};
inline constexpr Accepts elements{.kind = Accepts::Kind::Elements};
inline constexpr Accepts some_elements{.kind = Accepts::Kind::SomeElements};
inline constexpr Accepts throttled_replicas{.kind = Accepts::Kind::ThrottledReplicas};
inline constexpr Accepts voters{.kind = Accepts::Kind::Voters};
inline constexpr Accepts servers{.kind = Accepts::Kind::Servers};
inline constexpr Accepts offset_reset{.kind = Accepts::Kind::OffsetReset};
consteval Accepts at_least(double low) { return {.kind = Accepts::Kind::Range, .low = low}; }
consteval Accepts between(double low, double high) { return {.kind = Accepts::Kind::Range, .low = low, .high = high}; }
consteval Accepts minus_one_or_between(double low, double high) {
  return {.kind = Accepts::Kind::RangeOrMinusOne, .low = low, .high = high};
}
consteval Accepts one_of(std::string_view words) { return {.kind = Accepts::Kind::Word, .words = words}; }
consteval Accepts one_of_any_case(std::string_view words) {
  return {.kind = Accepts::Kind::WordAnyCase, .words = words};
}
consteval Accepts elements_of(std::string_view words) { return {.kind = Accepts::Kind::Elements, .words = words}; }
consteval Accepts some_elements_of(std::string_view words) {
  return {.kind = Accepts::Kind::SomeElements, .words = words};
}

// Factors of fallbacks: the option of a topic is in milliseconds.
inline constexpr int64_t minutes = 60'000;
inline constexpr int64_t hours = 3'600'000;

// The tables, each in the file of its name.
[[nodiscard]] std::span<const Option> broker_node_options();
[[nodiscard]] std::span<const Option> broker_network_options();
[[nodiscard]] std::span<const Option> broker_log_options();
[[nodiscard]] std::span<const Option> broker_own_options();
[[nodiscard]] std::span<const Option> broker_replication_options();
[[nodiscard]] std::span<const Option> broker_group_options();
[[nodiscard]] std::span<const Option> broker_transaction_options();
[[nodiscard]] std::span<const Option> broker_security_options();
[[nodiscard]] std::span<const Option> broker_sasl_options();
[[nodiscard]] std::span<const Option> broker_remote_options();
[[nodiscard]] std::span<const Option> topic_options();
[[nodiscard]] std::span<const Option> group_options();
[[nodiscard]] std::span<const Option> client_metrics_options();

}  // namespace odradek::config::detail
