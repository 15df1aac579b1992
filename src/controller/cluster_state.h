// What decisions are made on: the cluster as all records appended so far have made it, committed or not.
//
// The state class of the controller's Machine. Pure: decisions (the *_decisions.h files here) read it and answer
// records; only replaying them changes it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "config/broker_config.h"
#include "machine/commit_log.h"
#include "metadata/image_loader.h"
#include "metadata/metadata_image.h"
#include "metadata/metadata_record.h"
#include "protocol/error_code.h"

namespace odradek::controller {

class ClusterState {
 public:
  [[nodiscard]] const metadata::MetadataImage& image() const { return *loader_.image(); }

  [[nodiscard]] bool is_feature_on(std::string_view name) const { return image().feature_level(name) > 0; }

  // A transaction of the metadata log is open: what is appended stays invisible until it ends.
  [[nodiscard]] bool is_in_transaction() const { return loader_.is_in_transaction(); }

  // As Machine asks for them.
  [[nodiscard]] Result<> load(const machine::LogSnapshot& snapshot);
  [[nodiscard]] Result<> replay(Offset base, LeaderEpoch epoch, int64_t timestamp,
                                std::span<const machine::LogRecordView> records);

 private:
  metadata::ImageLoader loader_;
};

// The stored records among views of a log; a metadata record without a value is CorruptMessage.
[[nodiscard]] Result<std::vector<ByteView>> values_of(std::span<const machine::LogRecordView> records);

// What decisions need besides the state, so that they stay functions of their arguments.
struct DecisionContext {
  const config::BrokerConfig& config;  // effective: its static values and the cluster's dynamic ones
  std::function<Uuid()> new_uuid;
};

// Why one topic, resource or partition was refused: a code of the wire and the sentence for the client.
struct Refusal {
  protocol::ErrorCode code = protocol::ErrorCode::None;
  std::string message;

  [[nodiscard]] int16_t raw_code() const { return static_cast<int16_t>(code); }
};

// A refusal of what returned this error.
[[nodiscard]] Refusal refusal(const Error& error);

// Records of one decision, stored as the cluster's metadata.version wants them.
class RecordList {
 public:
  explicit RecordList(const ClusterState& state) : metadata_version_(state.image().metadata_version()) {}
  explicit RecordList(int16_t metadata_version) : metadata_version_(metadata_version) {}

  void add(const metadata::MetadataRecord& record) {
    records_.push_back({.key = {}, .value = metadata::encode_record(record, metadata_version_)});
  }
  // In stored form, as it is.
  void add_stored(Bytes record) { records_.push_back({.key = {}, .value = std::move(record)}); }
  [[nodiscard]] int16_t metadata_version() const { return metadata_version_; }
  [[nodiscard]] size_t size() const { return records_.size(); }
  void append(RecordList other);
  [[nodiscard]] std::vector<machine::LogRecord> take() && { return std::move(records_); }

 private:
  int16_t metadata_version_;
  std::vector<machine::LogRecord> records_;
};

// As many records as one request may lead to, and as many partitions as one CreateTopics may ask for.
inline constexpr size_t records_per_request_max = 10'000;

}  // namespace odradek::controller
