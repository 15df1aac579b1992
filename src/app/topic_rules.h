// From a topic's configuration to what its partitions act on.
#pragma once

#include <string_view>

#include "config/broker_config.h"
#include "config/topic_config.h"
#include "metadata/metadata_image.h"
#include "replication/partition_table.h"

namespace odradek::app {

[[nodiscard]] storage::LogOptions log_options(const config::TopicOptions& topic, const config::BrokerConfig& broker);

// The rules of `topic` as of `image`: its own settings over the broker's.
[[nodiscard]] replication::TopicRules topic_rules(const metadata::MetadataImage& image, std::string_view topic,
                                                  const config::BrokerConfig& broker);

}  // namespace odradek::app
