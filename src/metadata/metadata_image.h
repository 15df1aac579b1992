// Everything the cluster knows, as of one position of the metadata log. Immutable once it is shared.
//
// Brokers read nothing but the image: a handler takes the current one from its shard's ImageFeed and holds on to
// the shared pointer for as long as it needs one consistent view. Copying an image is cheap, whatever its size.
// Only MetadataDelta makes new ones.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "metadata/broker_image.h"
#include "metadata/persistent_map.h"
#include "metadata/topic_image.h"
#include "model/ids.h"

namespace odradek::metadata {

// As ConfigRecord and DescribeConfigs number them.
enum class ConfigResourceType : int8_t {
  Unknown = 0,
  Topic = 2,
  Broker = 4,
  BrokerLogger = 8,
  ClientMetrics = 16,
  Group = 32
};

struct ConfigResource {
  ConfigResourceType type = ConfigResourceType::Unknown;
  std::string name;  // a broker's id in decimal; empty: the default of all brokers
  friend auto operator<=>(const ConfigResource&, const ConfigResource&) = default;
};

struct ConfigResourceHash {
  [[nodiscard]] size_t operator()(const ConfigResource& resource) const noexcept {
    return std::hash<std::string_view>{}(resource.name) * 31 + static_cast<size_t>(resource.type);
  }
};

// The values set on one resource; defaults are not here (config/ has them).
using ConfigMap = std::map<std::string, std::string, std::less<>>;

// Where the image stands in the metadata log.
struct ImagePosition {
  Offset offset{-1};      // of the last record in it
  LeaderEpoch epoch{-1};  // of that record's batch
  int64_t timestamp = no_timestamp;
  friend bool operator==(const ImagePosition&, const ImagePosition&) = default;
};

inline constexpr std::string_view metadata_version_feature = "metadata.version";
inline constexpr std::string_view kraft_version_feature = "kraft.version";

class MetadataImage {
 public:
  [[nodiscard]] const ImagePosition& position() const { return position_; }

  // Topics. Null when there is none.
  [[nodiscard]] const TopicImage* topic(std::string_view name) const;
  [[nodiscard]] const TopicImage* topic(TopicId id) const;
  [[nodiscard]] size_t topic_count() const { return topics_.size(); }
  template <typename Visit>  // visit(const TopicImage&)
  void for_each_topic(const Visit& visit) const {
    topics_.for_each([&](const TopicId&, const std::shared_ptr<const TopicImage>& topic) { visit(*topic); });
  }
  [[nodiscard]] std::vector<const TopicImage*> topics_by_name() const;  // all of them, ascending

  // Nodes, ascending by id.
  [[nodiscard]] const std::map<NodeId, BrokerImage>& brokers() const { return *brokers_; }
  [[nodiscard]] const BrokerImage* broker(NodeId id) const;
  [[nodiscard]] const std::map<NodeId, ControllerImage>& controllers() const { return *controllers_; }

  // Finalized feature levels, without kraft.version (which is the log's, not the records').
  [[nodiscard]] const std::map<std::string, int16_t, std::less<>>& features() const { return *features_; }
  [[nodiscard]] int16_t feature_level(std::string_view name) const;  // zero when not finalized
  [[nodiscard]] int16_t metadata_version() const { return feature_level(metadata_version_feature); }

  // What was set on a resource; empty when nothing was.
  [[nodiscard]] const ConfigMap& configs(ConfigResourceType type, std::string_view name) const;
  template <typename Visit>  // visit(const ConfigResource&, const ConfigMap&)
  void for_each_config(const Visit& visit) const {
    configs_.for_each(
        [&](const ConfigResource& resource, const std::shared_ptr<const ConfigMap>& map) { visit(resource, *map); });
  }

  // The next producer id that no block holds yet; zero in a new cluster.
  [[nodiscard]] ProducerId next_producer_id() const { return next_producer_id_; }

  // Records of subjects this image only keeps and hands back to snapshots (quotas, SCRAM, ACLs, tokens), each as it
  // is stored in the log, by an identity that a later record of the same thing replaces.
  [[nodiscard]] const PersistentMap<std::string, Blob>& kept_records() const { return kept_; }

 private:
  friend class MetadataDelta;

  ImagePosition position_;
  PersistentMap<TopicId, std::shared_ptr<const TopicImage>> topics_;
  PersistentMap<std::string, TopicId> topic_ids_;
  std::shared_ptr<const std::map<NodeId, BrokerImage>> brokers_ = std::make_shared<std::map<NodeId, BrokerImage>>();
  std::shared_ptr<const std::map<NodeId, ControllerImage>> controllers_ =
      std::make_shared<std::map<NodeId, ControllerImage>>();
  std::shared_ptr<const std::map<std::string, int16_t, std::less<>>> features_ =
      std::make_shared<std::map<std::string, int16_t, std::less<>>>();
  PersistentMap<ConfigResource, std::shared_ptr<const ConfigMap>, ConfigResourceHash> configs_;
  ProducerId next_producer_id_{0};
  PersistentMap<std::string, Blob> kept_;
};

using SharedImage = std::shared_ptr<const MetadataImage>;

}  // namespace odradek::metadata
