// What a topic looks like that is created because somebody asked for it.
#pragma once

#include <string_view>

#include "config/broker_config.h"
#include "protocol/messages/create_topics.h"

namespace odradek::api {

// Kafka's internal topics have partitions, replicas and options of their own; all others have the broker's defaults.
// The result views `name`.
[[nodiscard]] protocol::CreateTopicsRequest::CreatableTopic auto_created_topic(const config::BrokerConfig& config,
                                                                               std::string_view name);

}  // namespace odradek::api
