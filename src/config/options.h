// The catalogue of every option: Kafka's name, type, default, accepted values, scope and our documentation.
//
// Four catalogues, one for each kind of resource that has options. They are constant tables (the *_options.cc files
// here, one line an option); this header is how the rest of the program reads them.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace odradek::config {

// Numbered as DescribeConfigs answers them; Unknown is a name in server.properties that is not in the catalogue.
enum class OptionType : int8_t { Unknown = 0, Boolean, String, Int, Short, Long, Double, List, Class, Password };

// In capitals, as Kafka writes it in messages: "INT".
[[nodiscard]] std::string_view name(OptionType type);

enum class Importance : uint8_t { High, Medium, Low };

// Who may change an option while the broker runs.
enum class Scope : uint8_t {
  ReadOnly,     // nobody: set in server.properties, read at start
  PerBroker,    // one broker at a time
  ClusterWide,  // one broker, or all of them by the cluster's default
  Quota,        // as ClusterWide, without a default, and listed by DescribeConfigs only where it is set
  Resource,     // a topic's, group's or client metrics' own option
  Hidden,       // as ReadOnly (or Resource), and not listed by DescribeConfigs
};

// Whether Odradek does what the option says. An option that is set and Ignored is named once when the broker starts.
enum class Effect : uint8_t { Acts, Ignored };

// An option's default, and Kafka's where ours departs from it. `kafka` is only for people to read.
struct Default {
  enum class Kind : uint8_t { Text, Null, Required, DataDirectory };

  consteval Default(const char* value) : text(value) {}  // NOLINT(google-explicit-constructor)
  consteval Default(Kind k, std::string_view value, std::string_view kafka_value)
      : kind(k), text(value), kafka(kafka_value), departs(true) {}
  consteval explicit Default(Kind k) : kind(k) {}

  Kind kind = Kind::Text;
  std::string_view text;   // canonical, as DescribeConfigs prints it; empty unless kind is Text
  std::string_view kafka;  // set where `departs`
  bool departs = false;
};

// Which values an option of its type accepts.
struct Accepts {
  enum class Kind : uint8_t {
    Anything,
    Range,  // low <= value <= high
    RangeOrMinusOne,
    Word,         // one of `words`
    WordAnyCase,  // the same, capitals do not matter
    NonEmptyText,
    Elements,           // a list without empty elements, each once; of `words` only, where there are any
    SomeElements,       // the same, and not an empty list
    ThrottledReplicas,  // partition:broker pairs, or *
    Voters,             // id@host:port
    Servers,            // host:port
    OffsetReset,        // earliest, latest, by_duration:<ISO 8601>
  };

  Kind kind = Kind::Anything;
  double low = 0;
  double high = std::numeric_limits<double>::infinity();
  std::string_view words = {};  // separated by ", "
};

// One step of a fallback: the value of broker option `option`, times `factor`.
struct Fallback {
  std::string_view option;
  int64_t factor = 1;
};

struct Option {
  std::string_view name;
  OptionType type;
  Default preset;
  Accepts accepts;
  Importance importance;
  Scope scope;
  Effect effect;
  std::string_view documentation;
  std::array<Fallback, 3> fallbacks = {};  // of topic and group options: the broker options that give their default

  [[nodiscard]] bool is_sensitive() const { return type == OptionType::Password; }
  [[nodiscard]] bool is_hidden() const { return scope == Scope::Hidden; }
  [[nodiscard]] bool is_read_only() const { return scope == Scope::ReadOnly || scope == Scope::Hidden; }
  [[nodiscard]] bool is_required() const { return preset.kind == Default::Kind::Required; }
};

enum class ResourceKind : uint8_t { Broker, Topic, Group, ClientMetrics };

// Every option of a kind, ascending by name.
[[nodiscard]] std::span<const Option* const> options(ResourceKind kind);

// Null for a name that is not in the catalogue.
[[nodiscard]] const Option* find_option(ResourceKind kind, std::string_view name);

// The option must be in the catalogue: for names written in our own code.
[[nodiscard]] const Option& option(ResourceKind kind, std::string_view name);

// The names under which a broker option may also be set, itself included, in the order in which they are looked up:
// log.retention.ms, log.retention.minutes, log.retention.hours. Itself alone for nearly all of them.
[[nodiscard]] std::vector<std::string_view> broker_synonyms(std::string_view name);

// A default of ours that is not Kafka's; the documentation lists them.
struct Departure {
  std::string_view option;
  std::string ours;
  std::string_view kafka;
};
[[nodiscard]] std::vector<Departure> departures();

}  // namespace odradek::config
