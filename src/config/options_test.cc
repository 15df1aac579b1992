#include "config/options.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "config/reference_fixture.h"
#include "config/value.h"

namespace odradek::config {
namespace {

struct Kind {
  ResourceKind kind;
  const char* file;
  std::ptrdiff_t count;
};
constexpr Kind kinds[] = {{ResourceKind::Broker, "broker-configs.tsv", 363},
                          {ResourceKind::Topic, "topic-configs.tsv", 34},
                          {ResourceKind::Group, "group-configs.tsv", 17},
                          {ResourceKind::ClientMetrics, "client-metrics-configs.tsv", 3}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string kafka_default(const Option& option) {
  if (option.preset.departs) {
    return option.preset.kafka == "none, required" ? "(required)" : std::string(option.preset.kafka);
  }
  return option.preset.kind == Default::Kind::Null ? "null" : std::string(option.preset.text);
}

TEST(Options, EveryCatalogueIsComplete) {
  for (const Kind& kind : kinds) {
    const auto is_kafkas = [](const Option* option) { return !option->name.starts_with("odradek."); };
    EXPECT_EQ(std::ranges::count_if(options(kind.kind), is_kafkas), kind.count) << kind.file;
  }
}

// Kafka's definition of a broker lacks three that it takes all the same: the limits that kafka-reassign-partitions
// sets.
TEST(Options, AgreeWithKafkasDefinitions) {
  for (const Kind& kind : kinds) {
    const auto table = read_reference(kind.file);
    if (!table) {
      GTEST_SKIP() << "ODRADEK_REFERENCE does not name the reference folder";
    }
    for (const auto& row : *table) {
      const Option* option = find_option(kind.kind, row.at("name"));
      ASSERT_NE(option, nullptr) << row.at("name");
      EXPECT_EQ(lower(name(option->type)), row.at("type")) << option->name;
      EXPECT_EQ(kafka_default(*option), row.at("default")) << option->name;
      EXPECT_EQ(option->is_hidden(), row.at("internal") == "yes") << option->name;
      if (kind.kind == ResourceKind::Broker) {
        EXPECT_EQ(option->is_read_only(), row.at("dynamic") == "read-only") << option->name;
        EXPECT_EQ(option->scope == Scope::PerBroker, row.at("dynamic") == "per-broker") << option->name;
        EXPECT_EQ(option->is_sensitive(), row.at("sensitive") == "yes") << option->name;
      }
    }
  }
}

TEST(Options, EveryDefaultIsAValidCanonicalValue) {
  for (const Kind& kind : kinds) {
    for (const Option* option : options(kind.kind)) {
      if (option->preset.kind != Default::Kind::Text) {
        continue;
      }
      const auto printed = canonical(*option, option->preset.text);
      ASSERT_TRUE(printed) << printed.error().message;
      EXPECT_EQ(*printed, option->preset.text) << option->name;
    }
  }
}

TEST(Options, FallbacksNameBrokerOptions) {
  for (const ResourceKind kind : {ResourceKind::Topic, ResourceKind::Group}) {
    for (const Option* option : options(kind)) {
      for (const Fallback& fallback : option->fallbacks) {
        if (!fallback.option.empty()) {
          EXPECT_NE(find_option(ResourceKind::Broker, fallback.option), nullptr) << fallback.option;
        }
      }
    }
  }
}

TEST(Options, EveryTopicOptionIsDocumented) {
  for (const Option* option : options(ResourceKind::Topic)) {
    EXPECT_FALSE(option->documentation.empty()) << option->name;
  }
}

TEST(Options, UnknownNamesAreNotFound) {
  EXPECT_EQ(find_option(ResourceKind::Topic, "message.format.version"), nullptr);
  EXPECT_EQ(find_option(ResourceKind::Broker, "zookeeper.connect"), nullptr);
  EXPECT_EQ(find_option(ResourceKind::Topic, ""), nullptr);
}

TEST(Options, DeparturesAreListedWithKafkasValue) {
  const auto all = departures();
  const auto found = std::ranges::find(all, "transaction.state.log.min.isr", &Departure::option);
  ASSERT_NE(found, all.end());
  EXPECT_EQ(found->ours, "1");
  EXPECT_EQ(found->kafka, "2");
  EXPECT_EQ(all.size(), 12);
}

}  // namespace
}  // namespace odradek::config
