#include "metadata/metadata_delta.h"

#include <algorithm>

#include <fmt/format.h>

namespace odradek::metadata {

namespace {

std::vector<NodeId> nodes(const std::vector<int32_t>& raw) {
  std::vector<NodeId> result;
  result.reserve(raw.size());
  for (const int32_t id : raw) {
    result.emplace_back(id);
  }
  return result;
}

std::vector<DirectoryId> directories(const std::vector<Uuid>& raw) { return {raw.begin(), raw.end()}; }

// An empty list stands for replicas whose place nobody has told yet.
std::vector<DirectoryId> directories_for(const std::vector<Uuid>& raw, size_t replicas) {
  return raw.empty() ? std::vector<DirectoryId>(replicas, directory_migrating) : directories(raw);
}

std::vector<NodeId> nodes_or_none(const std::optional<std::vector<int32_t>>& raw) {
  return raw ? nodes(*raw) : std::vector<NodeId>{};
}

void replace_if_said(std::vector<NodeId>& field, const std::optional<std::vector<int32_t>>& raw) {
  if (raw) {
    field = nodes(*raw);
  }
}

Error unknown_topic(const Uuid& id) {
  return {Errc::CorruptMessage, fmt::format("a metadata record about topic {}, which is not there", id.text())};
}

template <typename Record>
std::vector<EndpointImage> endpoints(const Record& record) {
  std::vector<EndpointImage> result;
  for (const auto& endpoint : record.end_points) {
    result.push_back({endpoint.name.str(), endpoint.host.str(), endpoint.port, endpoint.security_protocol});
  }
  return result;
}

template <typename Record>
std::map<std::string, FeatureRange> features(const Record& record) {
  std::map<std::string, FeatureRange> result;
  for (const auto& feature : record.features) {
    result[feature.name.str()] = {feature.min_supported_version, feature.max_supported_version};
  }
  return result;
}

}  // namespace

MetadataDelta::MetadataDelta(SharedImage base) : before_(std::move(base)), image_(*before_) {}

Result<> MetadataDelta::replay(const MetadataRecord& record) {
  return std::visit([this](const auto& one) { return apply(one); }, record);
}

ImageUpdate MetadataDelta::finish(ImagePosition position) && {
  image_.position_ = position;
  // Nobody changes the copies of this delta any more, so they are the image's now.
  return {.before = std::move(before_),
          .image = std::make_shared<const MetadataImage>(std::move(image_)),
          .changes = std::make_shared<const ImageChanges>(std::move(changes_))};
}

// --- topics ---------------------------------------------------------------------------------------------------

TopicImage* MetadataDelta::topic_to_change(TopicId id) {
  const auto own = own_topics_.find(id);
  if (own != own_topics_.end()) {
    return own->second.get();
  }
  const TopicImage* shared = image_.topic(id);
  if (shared == nullptr) {
    return nullptr;
  }
  auto copy = std::make_shared<TopicImage>(*shared);
  image_.topics_.set(id, copy);
  return own_topics_.emplace(id, std::move(copy)).first->second.get();
}

ImageChanges::Topic& MetadataDelta::changed_topic(const TopicImage& topic) {
  const auto [place, is_new] = changed_topics_.try_emplace(topic.id, changes_.topics.size());
  if (is_new) {
    changes_.topics.push_back({.name = topic.name, .id = topic.id, .is_created = false, .partitions = {}});
  }
  return changes_.topics[place->second];
}

Result<> MetadataDelta::apply(const protocol::TopicRecord& record) {
  const TopicId id(record.topic_id);
  if (image_.topic(id) != nullptr || image_.topic(record.name.view()) != nullptr) {
    return fail(Errc::CorruptMessage, fmt::format("topic {} is there already", record.name.view()));
  }
  auto topic = std::make_shared<TopicImage>(TopicImage{.name = record.name.str(), .id = id, .partitions = {}});
  image_.topics_.set(id, topic);
  image_.topic_ids_.set(topic->name, id);
  changed_topic(*topic).is_created = true;
  own_topics_.emplace(id, std::move(topic));
  return {};
}

Result<> MetadataDelta::apply(const protocol::RemoveTopicRecord& record) {
  const TopicId id(record.topic_id);
  const TopicImage* topic = image_.topic(id);
  if (topic == nullptr) {
    return std::unexpected(unknown_topic(record.topic_id));
  }
  const std::string name = topic->name;
  if (const auto changed = changed_topics_.find(id); changed != changed_topics_.end()) {
    changes_.topics[changed->second].partitions.clear();
    changes_.topics.erase(changes_.topics.begin() + static_cast<ptrdiff_t>(changed->second));
    const size_t gone = changed->second;
    changed_topics_.erase(changed);
    for (auto& [other, place] : changed_topics_) {
      place -= place > gone ? 1 : 0;
    }
  }
  if (before_->topic(id) != nullptr) {
    changes_.deleted_topics.push_back({.name = name, .id = id});
  }
  own_topics_.erase(id);
  image_.topics_.erase(id);
  image_.topic_ids_.erase(name);
  const ConfigResource resource{ConfigResourceType::Topic, name};
  own_configs_.erase(resource);
  if (image_.configs_.erase(resource)) {
    changes_.configs.insert(resource);
  }
  return {};
}

Result<> MetadataDelta::apply(const protocol::PartitionRecord& record) {
  TopicImage* topic = topic_to_change(TopicId(record.topic_id));
  if (topic == nullptr) {
    return std::unexpected(unknown_topic(record.topic_id));
  }
  auto partition = std::make_shared<PartitionImage>();
  partition->replicas = nodes(record.replicas);
  partition->directories = directories_for(record.directories, record.replicas.size());
  partition->isr = nodes(record.isr);
  partition->removing_replicas = nodes(record.removing_replicas);
  partition->adding_replicas = nodes(record.adding_replicas);
  partition->eligible_leader_replicas = nodes_or_none(record.eligible_leader_replicas);
  partition->last_known_elr = nodes_or_none(record.last_known_elr);
  partition->leader = NodeId(record.leader);
  partition->recovery = static_cast<LeaderRecovery>(record.leader_recovery_state);
  partition->leader_epoch = LeaderEpoch(record.leader_epoch);
  partition->partition_epoch = PartitionEpoch(record.partition_epoch);
  topic->partitions.set(record.partition_id, std::move(partition));
  changed_topic(*topic).partitions.insert(PartitionIndex(record.partition_id));
  return {};
}

Result<> MetadataDelta::apply(const protocol::PartitionChangeRecord& record) {
  TopicImage* topic = topic_to_change(TopicId(record.topic_id));
  if (topic == nullptr) {
    return std::unexpected(unknown_topic(record.topic_id));
  }
  const PartitionImage* before = topic->partition(PartitionIndex(record.partition_id));
  if (before == nullptr) {
    return fail(Errc::CorruptMessage,
                fmt::format("a change of {}-{}, which is not there", topic->name, record.partition_id));
  }
  auto partition = std::make_shared<PartitionImage>(*before);
  replace_if_said(partition->replicas, record.replicas);
  replace_if_said(partition->isr, record.isr);
  replace_if_said(partition->removing_replicas, record.removing_replicas);
  replace_if_said(partition->adding_replicas, record.adding_replicas);
  replace_if_said(partition->eligible_leader_replicas, record.eligible_leader_replicas);
  replace_if_said(partition->last_known_elr, record.last_known_elr);
  if (record.directories) {
    partition->directories = directories_for(*record.directories, partition->replicas.size());
  }
  if (record.leader_recovery_state >= 0) {
    partition->recovery = static_cast<LeaderRecovery>(record.leader_recovery_state);
  }
  // Naming a leader is what starts an epoch, even if it is the same one.
  constexpr int32_t no_change = -2;
  if (record.leader != no_change) {
    partition->leader = NodeId(record.leader);
    partition->leader_epoch = LeaderEpoch(partition->leader_epoch.raw() + 1);
  }
  partition->partition_epoch = PartitionEpoch(partition->partition_epoch.raw() + 1);
  topic->partitions.set(record.partition_id, std::move(partition));
  changed_topic(*topic).partitions.insert(PartitionIndex(record.partition_id));
  return {};
}

Result<> MetadataDelta::apply(const protocol::ClearElrRecord& record) {
  std::vector<TopicId> topics;
  if (record.topic_name.empty()) {
    image_.for_each_topic([&](const TopicImage& topic) { topics.push_back(topic.id); });
  } else if (const TopicImage* topic = image_.topic(record.topic_name.view()); topic != nullptr) {
    topics.push_back(topic->id);
  } else {
    return fail(Errc::CorruptMessage, fmt::format("topic {} is not there", record.topic_name.view()));
  }
  for (const TopicId id : topics) {
    const TopicImage& topic = *image_.topic(id);
    std::vector<std::pair<int32_t, std::shared_ptr<PartitionImage>>> cleared;
    topic.partitions.for_each([&](int32_t index, const std::shared_ptr<const PartitionImage>& partition) {
      if (!partition->eligible_leader_replicas.empty() || !partition->last_known_elr.empty()) {
        auto copy = std::make_shared<PartitionImage>(*partition);
        copy->eligible_leader_replicas.clear();
        copy->last_known_elr.clear();
        cleared.emplace_back(index, std::move(copy));
      }
    });
    for (auto& [index, partition] : cleared) {
      TopicImage* changing = topic_to_change(id);
      changing->partitions.set(index, std::move(partition));
      changed_topic(*changing).partitions.insert(PartitionIndex(index));
    }
  }
  return {};
}

// --- nodes ----------------------------------------------------------------------------------------------------

Result<> MetadataDelta::apply(const protocol::RegisterBrokerRecord& record) {
  BrokerImage broker;
  broker.id = NodeId(record.broker_id);
  broker.incarnation = record.incarnation_id;
  broker.epoch = BrokerEpoch(record.broker_epoch);
  broker.endpoints = endpoints(record);
  broker.features = features(record);
  if (record.rack) {
    broker.rack = record.rack->str();
  }
  broker.is_fenced = record.fenced;
  broker.is_in_controlled_shutdown = record.in_controlled_shutdown;
  broker.directories = directories(record.log_dirs);
  if (record.cordoned_log_dirs) {
    broker.cordoned_directories = directories(*record.cordoned_log_dirs);
  }
  brokers()[broker.id] = std::move(broker);
  changes_.brokers.insert(NodeId(record.broker_id));
  return {};
}

std::map<NodeId, BrokerImage>& MetadataDelta::brokers() {
  if (own_brokers_ == nullptr) {
    auto copy = std::make_shared<std::map<NodeId, BrokerImage>>(*image_.brokers_);
    own_brokers_ = copy.get();
    image_.brokers_ = std::move(copy);
  }
  return *own_brokers_;
}

Result<BrokerImage*> MetadataDelta::broker(int32_t id, int64_t epoch) {
  const auto found = brokers().find(NodeId(id));
  if (found == brokers().end()) {
    return fail(Errc::CorruptMessage, fmt::format("a metadata record about broker {}, which is not registered", id));
  }
  if (found->second.epoch.raw() != epoch) {
    return fail(Errc::CorruptMessage, fmt::format("a metadata record about epoch {} of broker {}, which is at {}",
                                                  epoch, id, found->second.epoch.raw()));
  }
  changes_.brokers.insert(NodeId(id));
  return &found->second;
}

Result<> MetadataDelta::apply(const protocol::UnregisterBrokerRecord& record) {
  TRY(broker(record.broker_id, record.broker_epoch));
  brokers().erase(NodeId(record.broker_id));
  return {};
}

Result<> MetadataDelta::apply(const protocol::FenceBrokerRecord& record) {
  TRY(BrokerImage* const found, broker(record.id, record.epoch));
  found->is_fenced = true;
  return {};
}

Result<> MetadataDelta::apply(const protocol::UnfenceBrokerRecord& record) {
  TRY(BrokerImage* const found, broker(record.id, record.epoch));
  found->is_fenced = false;
  return {};
}

Result<> MetadataDelta::apply(const protocol::BrokerRegistrationChangeRecord& record) {
  TRY(BrokerImage* const found, broker(record.broker_id, record.broker_epoch));
  if (record.fenced != 0) {
    found->is_fenced = record.fenced > 0;
  }
  if (record.in_controlled_shutdown != 0) {
    found->is_in_controlled_shutdown = record.in_controlled_shutdown > 0;
  }
  if (!record.log_dirs.empty()) {
    found->directories = directories(record.log_dirs);
  }
  if (record.cordoned_log_dirs) {
    found->cordoned_directories = directories(*record.cordoned_log_dirs);
  }
  return {};
}

Result<> MetadataDelta::apply(const protocol::RegisterControllerRecord& record) {
  auto copy = std::make_shared<std::map<NodeId, ControllerImage>>(*image_.controllers_);
  (*copy)[NodeId(record.controller_id)] = {.id = NodeId(record.controller_id),
                                           .incarnation = record.incarnation_id,
                                           .zk_migration_ready = record.zk_migration_ready,
                                           .endpoints = endpoints(record),
                                           .features = features(record)};
  image_.controllers_ = std::move(copy);
  return {};
}

// --- features, configs, producer ids --------------------------------------------------------------------------

Result<> MetadataDelta::apply(const protocol::FeatureLevelRecord& record) {
  if (record.name == kraft_version_feature) {
    return {};  // some controllers wrote it (KAFKA-18979); the log's control records are what counts
  }
  auto copy = std::make_shared<std::map<std::string, int16_t, std::less<>>>(*image_.features_);
  if (record.feature_level == 0) {
    copy->erase(record.name.str());
  } else {
    (*copy)[record.name.str()] = record.feature_level;
  }
  image_.features_ = std::move(copy);
  changes_.features = true;
  return {};
}

Result<> MetadataDelta::apply(const protocol::ConfigRecord& record) {
  ConfigResource resource{static_cast<ConfigResourceType>(record.resource_type), record.resource_name.str()};
  std::shared_ptr<ConfigMap>& own = own_configs_[resource];
  if (own == nullptr) {
    const auto* shared = image_.configs_.find(resource);
    own = shared == nullptr ? std::make_shared<ConfigMap>() : std::make_shared<ConfigMap>(**shared);
  }
  if (record.value) {
    (*own)[record.name.str()] = record.value->str();
  } else {
    own->erase(record.name.str());
  }
  changes_.configs.insert(resource);
  if (own->empty()) {
    image_.configs_.erase(resource);
  } else {
    image_.configs_.set(std::move(resource), own);
  }
  return {};
}

Result<> MetadataDelta::apply(const protocol::ProducerIdsRecord& record) {
  image_.next_producer_id_ = ProducerId(record.next_producer_id);
  return {};
}

Result<> MetadataDelta::apply(const protocol::NoOpRecord& /*record*/) { return {}; }

Result<> MetadataDelta::apply(const protocol::ZkMigrationStateRecord& /*record*/) { return {}; }

Result<> MetadataDelta::apply(const protocol::BeginTransactionRecord& /*record*/) { return {}; }

Result<> MetadataDelta::apply(const protocol::EndTransactionRecord& /*record*/) { return {}; }

Result<> MetadataDelta::apply(const protocol::AbortTransactionRecord& /*record*/) { return {}; }

}  // namespace odradek::metadata
