#include "api/auto_created_topics.h"

#include <string>

namespace odradek::api {

namespace {

using Creatable = protocol::CreateTopicsRequest::CreatableTopic;

void set(Creatable& topic, std::string_view option, protocol::Text value) {
  protocol::CreateTopicsRequest::CreatableTopicConfig config;
  config.name = option;
  config.value = std::move(value);
  topic.configs.push_back(std::move(config));
}

// The three internal topics have options of the same names behind a prefix of their own.
Creatable internal_topic(const config::BrokerConfig& config, std::string_view name, const std::string& prefix) {
  const auto number = [&](std::string_view option) { return config.get_int(prefix + std::string(option)); };
  Creatable topic;
  topic.name = name;
  topic.num_partitions = static_cast<int32_t>(number("num.partitions"));
  topic.replication_factor = static_cast<int16_t>(number("replication.factor"));
  set(topic, "segment.bytes", std::to_string(number("segment.bytes")));
  return topic;
}

}  // namespace

Creatable auto_created_topic(const config::BrokerConfig& config, std::string_view name) {
  if (name == "__consumer_offsets") {
    Creatable topic = internal_topic(config, name, "offsets.topic.");
    set(topic, "cleanup.policy", "compact");
    set(topic, "compression.type", "producer");
    return topic;
  }
  if (name == "__transaction_state") {
    Creatable topic = internal_topic(config, name, "transaction.state.log.");
    set(topic, "cleanup.policy", "compact");
    set(topic, "compression.type", "uncompressed");
    set(topic, "min.insync.replicas", std::to_string(config.get_int("transaction.state.log.min.isr")));
    set(topic, "unclean.leader.election.enable", "false");
    return topic;
  }
  if (name == "__share_group_state") {
    Creatable topic = internal_topic(config, name, "share.coordinator.state.topic.");
    set(topic, "cleanup.policy", "delete");
    set(topic, "compression.type", "producer");
    set(topic, "min.insync.replicas", std::to_string(config.get_int("share.coordinator.state.topic.min.isr")));
    set(topic, "retention.ms", "-1");
    return topic;
  }
  Creatable topic;
  topic.name = name;
  topic.num_partitions = -1;
  topic.replication_factor = -1;
  return topic;
}

}  // namespace odradek::api
