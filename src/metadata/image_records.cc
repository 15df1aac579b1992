#include "metadata/image_records.h"

#include <algorithm>

namespace odradek::metadata {

namespace {

std::vector<int32_t> raw(const std::vector<NodeId>& nodes) {
  std::vector<int32_t> result;
  result.reserve(nodes.size());
  for (const NodeId node : nodes) {
    result.push_back(node.raw());
  }
  return result;
}

std::vector<Uuid> raw(const std::vector<DirectoryId>& directories) {
  std::vector<Uuid> result;
  result.reserve(directories.size());
  for (const DirectoryId directory : directories) {
    result.push_back(directory.uuid());
  }
  return result;
}

std::optional<std::vector<int32_t>> raw_or_absent(const std::vector<NodeId>& nodes) {
  return nodes.empty() ? std::optional<std::vector<int32_t>>() : raw(nodes);
}

template <typename Record, typename Node>
void describe(Record& record, const Node& node) {
  for (const EndpointImage& endpoint : node.endpoints) {
    auto& out = record.end_points.emplace_back();
    out.name = std::string_view(endpoint.listener);
    out.host = std::string_view(endpoint.host);
    out.port = endpoint.port;
    out.security_protocol = endpoint.security_protocol;
  }
  for (const auto& [name, range] : node.features) {
    auto& out = record.features.emplace_back();
    out.name = std::string_view(name);
    out.min_supported_version = range.min;
    out.max_supported_version = range.max;
  }
}

}  // namespace

protocol::RegisterBrokerRecord registration_record(const BrokerImage& broker, int16_t metadata_version) {
  protocol::RegisterBrokerRecord record;
  record.broker_id = broker.id.raw();
  record.incarnation_id = broker.incarnation;
  record.broker_epoch = broker.epoch.raw();
  describe(record, broker);
  record.rack.reset();
  if (broker.rack) {
    record.rack = std::string_view(*broker.rack);
  }
  record.fenced = broker.is_fenced;
  record.in_controlled_shutdown = broker.is_in_controlled_shutdown;
  const int16_t version = version_at(record, metadata_version);
  if (version >= 3) {
    record.log_dirs = raw(broker.directories);
  }
  record.cordoned_log_dirs.reset();
  if (version >= 4 && broker.cordoned_directories) {
    record.cordoned_log_dirs = raw(*broker.cordoned_directories);
  }
  return record;
}

protocol::RegisterControllerRecord registration_record(const ControllerImage& controller) {
  protocol::RegisterControllerRecord record;
  record.controller_id = controller.id.raw();
  record.incarnation_id = controller.incarnation;
  record.zk_migration_ready = controller.zk_migration_ready;
  describe(record, controller);
  return record;
}

protocol::PartitionRecord partition_record(TopicId topic, PartitionIndex index, const PartitionImage& partition,
                                           int16_t metadata_version) {
  protocol::PartitionRecord record;
  record.partition_id = index.raw();
  record.topic_id = topic.uuid();
  record.replicas = raw(partition.replicas);
  record.isr = raw(partition.isr);
  record.removing_replicas = raw(partition.removing_replicas);
  record.adding_replicas = raw(partition.adding_replicas);
  record.leader = partition.leader.raw();
  record.leader_recovery_state = static_cast<int8_t>(partition.recovery);
  record.leader_epoch = partition.leader_epoch.raw();
  record.partition_epoch = partition.partition_epoch.raw();
  const int16_t version = version_at(record, metadata_version);
  if (version >= 1) {
    record.directories = raw(partition.directories);
  }
  record.eligible_leader_replicas.reset();
  record.last_known_elr.reset();
  if (version >= 2) {
    record.eligible_leader_replicas = raw_or_absent(partition.eligible_leader_replicas);
    record.last_known_elr = raw_or_absent(partition.last_known_elr);
  }
  return record;
}

void write_image(const MetadataImage& image, const std::function<void(Bytes)>& emit) {
  const int16_t level = image.metadata_version();
  const auto write = [&](const MetadataRecord& record) { emit(encode_record(record, level)); };
  const auto write_feature = [&](std::string_view name, int16_t feature_level) {
    protocol::FeatureLevelRecord record;
    record.name = name;
    record.feature_level = feature_level;
    write(record);
  };
  // metadata.version first: it says how to read the rest.
  if (level != 0) {
    write_feature(metadata_version_feature, level);
  }
  for (const auto& [name, feature_level] : image.features()) {
    if (name != metadata_version_feature) {
      write_feature(name, feature_level);
    }
  }
  for (const auto& [id, broker] : image.brokers()) {
    write(registration_record(broker, level));
  }
  for (const auto& [id, controller] : image.controllers()) {
    write(registration_record(controller));
  }
  for (const TopicImage* topic : image.topics_by_name()) {
    protocol::TopicRecord record;
    record.name = std::string_view(topic->name);
    record.topic_id = topic->id.uuid();
    write(record);
    for (int32_t index = 0; index < topic->partition_count(); ++index) {
      const PartitionImage* partition = topic->partition(PartitionIndex(index));
      ensure(partition != nullptr, "a topic whose partitions have a gap");
      write(partition_record(topic->id, PartitionIndex(index), *partition, level));
    }
  }
  image.for_each_config([&](const ConfigResource& resource, const ConfigMap& configs) {
    for (const auto& [name, value] : configs) {
      protocol::ConfigRecord record;
      record.resource_type = static_cast<int8_t>(resource.type);
      record.resource_name = std::string_view(resource.name);
      record.name = std::string_view(name);
      record.value = protocol::Text(std::string_view(value));
      write(record);
    }
  });
  if (image.next_producer_id().raw() > 0) {
    protocol::ProducerIdsRecord record;
    record.broker_id = -1;
    record.broker_epoch = -1;
    record.next_producer_id = image.next_producer_id().raw();
    write(record);
  }
  std::vector<std::pair<std::string_view, const Blob*>> kept;
  image.kept_records().for_each(
      [&](const std::string& identity, const Blob& stored) { kept.emplace_back(identity, &stored); });
  std::ranges::sort(kept);
  for (const auto& [identity, stored] : kept) {
    emit(Bytes(stored->view().begin(), stored->view().end()));
  }
}

}  // namespace odradek::metadata
