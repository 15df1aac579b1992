// server.properties; the same as dynamic options and as a topic's.
#include "config/alter.h"
#include "config/broker_config.h"
#include "config/properties.h"
#include "config/start_refusals.h"
#include "config/topic_config.h"
#include "fuzz/harness.h"

namespace odradek::fuzz {

namespace {

const config::DefaultsContext context{.root = false, .home = "/home/somebody"};

// What an option prints is read as the same value.
void check_values(const std::vector<config::Property>& properties) {
  for (const config::Property& property : properties) {
    for (const config::ResourceKind kind : {config::ResourceKind::Broker, config::ResourceKind::Topic,
                                            config::ResourceKind::Group, config::ResourceKind::ClientMetrics}) {
      const config::Option* option = config::find_option(kind, property.key);
      if (option == nullptr) {
        continue;
      }
      const auto text = config::canonical(*option, property.value);
      ensure(!text || config::canonical(*option, *text) == text, "an option's printed value is read as another");
    }
  }
}

void check_topic(const config::BrokerConfig& broker, const config::Overrides& overrides) {
  const bool is_valid = config::validate_topic(broker, overrides).has_value();
  const config::TopicConfig topic(broker, overrides);
  ensure(!topic.describe(broker).empty(), "a topic without options");
  if (is_valid) {
    (void)config::validate_broker(broker, {}, {}, overrides);
  }
}

}  // namespace

void test_one_input(ByteView input) {
  auto properties = config::parse_properties(as_text(input));
  if (!properties) {
    return;
  }
  check_values(*properties);
  config::Overrides overrides;
  for (const config::Property& property : *properties) {
    overrides[property.key] = property.value;
  }
  auto broker = config::BrokerConfig::load(*properties, context);
  if (!broker) {
    broker = config::BrokerConfig::load({}, context);
    ensure(broker.has_value(), "the defaults are not valid");
  }
  (void)config::start_refusals(*broker);
  (void)broker->unknown_names();
  (void)broker->ignored_names();
  (void)broker->log_dirs();
  broker->set_dynamic(overrides, overrides);
  ensure(!broker->describe().empty(), "a broker without options");
  (void)broker->describe_cluster_defaults();
  check_topic(*broker, overrides);
}

}  // namespace odradek::fuzz
