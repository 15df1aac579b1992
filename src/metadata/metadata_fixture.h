// Short ways to make records in tests.
#pragma once

#include <string_view>

#include "metadata/metadata_record.h"
#include "model/ids.h"

namespace odradek::metadata {

inline protocol::TopicRecord topic_record(std::string_view name, Uuid id) {
  protocol::TopicRecord record;
  record.name = name;
  record.topic_id = id;
  return record;
}

inline protocol::PartitionRecord partition_record(Uuid topic, int32_t index, int32_t leader = 1) {
  protocol::PartitionRecord record;
  record.topic_id = topic;
  record.partition_id = index;
  record.replicas = {1};
  record.isr = {1};
  record.leader = leader;
  record.leader_epoch = 0;
  record.partition_epoch = 0;
  record.directories = {Uuid(7, 7)};
  record.eligible_leader_replicas.reset();
  record.last_known_elr.reset();
  return record;
}

inline protocol::ConfigRecord config_record(int8_t type, std::string_view resource, std::string_view name,
                                            std::optional<std::string_view> value) {
  protocol::ConfigRecord record;
  record.resource_type = type;
  record.resource_name = resource;
  record.name = name;
  record.value.reset();
  if (value) {
    record.value = protocol::Text(*value);
  }
  return record;
}

inline protocol::FeatureLevelRecord feature_record(std::string_view name, int16_t level) {
  protocol::FeatureLevelRecord record;
  record.name = name;
  record.feature_level = level;
  return record;
}

}  // namespace odradek::metadata
