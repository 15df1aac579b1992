// One change of the image: records in, the next image and what differs out.
//
//   MetadataDelta delta(image);
//   for (...) TRY(delta.replay(record));
//   ImageUpdate update = delta.finish(position);
//
// Costs what the records cost, not what the image holds. Transactions of records are the ImageLoader's affair.
#pragma once

#include "base/result.h"
#include "metadata/image_feed.h"
#include "metadata/metadata_image.h"
#include "metadata/metadata_record.h"

namespace odradek::metadata {

class MetadataDelta {
 public:
  explicit MetadataDelta(SharedImage base);

  // Errc::CorruptMessage when the record does not fit what came before it (a partition of a topic that is not
  // there): the log is then not one that a controller wrote, and the delta is of no more use.
  [[nodiscard]] Result<> replay(const MetadataRecord& record);

  // What the records so far made; further replays go on from there.
  [[nodiscard]] const MetadataImage& image() const { return image_; }
  [[nodiscard]] const ImageChanges& changes() const { return changes_; }

  // Ends the delta.
  [[nodiscard]] ImageUpdate finish(ImagePosition position) &&;

 private:
  Result<> apply(const protocol::RegisterBrokerRecord& record);
  Result<> apply(const protocol::UnregisterBrokerRecord& record);
  Result<> apply(const protocol::TopicRecord& record);
  Result<> apply(const protocol::PartitionRecord& record);
  Result<> apply(const protocol::ConfigRecord& record);
  Result<> apply(const protocol::PartitionChangeRecord& record);
  Result<> apply(const protocol::FenceBrokerRecord& record);
  Result<> apply(const protocol::UnfenceBrokerRecord& record);
  Result<> apply(const protocol::RemoveTopicRecord& record);
  Result<> apply(const protocol::DelegationTokenRecord& record);
  Result<> apply(const protocol::UserScramCredentialRecord& record);
  Result<> apply(const protocol::FeatureLevelRecord& record);
  Result<> apply(const protocol::ClientQuotaRecord& record);
  Result<> apply(const protocol::ProducerIdsRecord& record);
  Result<> apply(const protocol::BrokerRegistrationChangeRecord& record);
  Result<> apply(const protocol::AccessControlEntryRecord& record);
  Result<> apply(const protocol::RemoveAccessControlEntryRecord& record);
  Result<> apply(const protocol::NoOpRecord& record);
  Result<> apply(const protocol::ZkMigrationStateRecord& record);
  Result<> apply(const protocol::RemoveUserScramCredentialRecord& record);
  Result<> apply(const protocol::BeginTransactionRecord& record);
  Result<> apply(const protocol::EndTransactionRecord& record);
  Result<> apply(const protocol::AbortTransactionRecord& record);
  Result<> apply(const protocol::RemoveDelegationTokenRecord& record);
  Result<> apply(const protocol::RegisterControllerRecord& record);
  Result<> apply(const protocol::ClearElrRecord& record);

  std::map<NodeId, BrokerImage>& brokers();
  Result<BrokerImage*> broker(int32_t id, int64_t epoch);
  TopicImage* topic_to_change(TopicId id);
  ImageChanges::Topic& changed_topic(const TopicImage& topic);
  [[nodiscard]] Result<> keep(std::string identity, const MetadataRecord& record);
  void forget(const std::string& identity);

  SharedImage before_;
  MetadataImage image_;
  ImageChanges changes_;
  std::map<TopicId, size_t> changed_topics_;  // index into changes_.topics

  // The copies made for this delta, to be changed in place by further records.
  std::map<NodeId, BrokerImage>* own_brokers_ = nullptr;
  std::map<TopicId, std::shared_ptr<TopicImage>> own_topics_;
  std::map<ConfigResource, std::shared_ptr<ConfigMap>> own_configs_;
};

}  // namespace odradek::metadata
