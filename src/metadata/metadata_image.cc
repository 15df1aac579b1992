#include "metadata/metadata_image.h"

#include <algorithm>

namespace odradek::metadata {

const EndpointImage* BrokerImage::endpoint(std::string_view listener) const {
  const auto found = std::ranges::find(endpoints, listener, &EndpointImage::listener);
  return found == endpoints.end() ? nullptr : &*found;
}

const TopicImage* MetadataImage::topic(std::string_view name) const {
  const TopicId* id = topic_ids_.find(name);
  return id == nullptr ? nullptr : topic(*id);
}

const TopicImage* MetadataImage::topic(TopicId id) const {
  const auto* found = topics_.find(id);
  return found == nullptr ? nullptr : found->get();
}

std::vector<const TopicImage*> MetadataImage::topics_by_name() const {
  std::vector<const TopicImage*> result;
  result.reserve(topics_.size());
  for_each_topic([&](const TopicImage& topic) { result.push_back(&topic); });
  std::ranges::sort(result, {}, &TopicImage::name);
  return result;
}

const BrokerImage* MetadataImage::broker(NodeId id) const {
  const auto found = brokers_->find(id);
  return found == brokers_->end() ? nullptr : &found->second;
}

int16_t MetadataImage::feature_level(std::string_view name) const {
  const auto found = features_->find(name);
  return found == features_->end() ? int16_t{0} : found->second;
}

const ConfigMap& MetadataImage::configs(ConfigResourceType type, std::string_view name) const {
  static const ConfigMap none;
  const auto* found = configs_.find(ConfigResource{type, std::string(name)});
  return found == nullptr ? none : **found;
}

}  // namespace odradek::metadata
