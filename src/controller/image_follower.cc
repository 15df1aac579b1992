#include "controller/image_follower.h"

#include "controller/cluster_state.h"

namespace odradek::controller {

namespace {

// The update that makes `image` of an empty one.
metadata::ImageUpdate whole(const metadata::SharedImage& image) {
  auto changes = std::make_shared<metadata::ImageChanges>();
  image->for_each_topic([&](const metadata::TopicImage& topic) {
    auto& change = changes->topics.emplace_back();
    change.name = topic.name;
    change.id = topic.id;
    change.is_created = true;
    for (int32_t index = 0; index < topic.partition_count(); ++index) {
      change.partitions.insert(PartitionIndex(index));
    }
  });
  image->for_each_config(
      [&](const metadata::ConfigResource& resource, const metadata::ConfigMap&) { changes->configs.insert(resource); });
  for (const auto& [id, broker] : image->brokers()) {
    changes->brokers.insert(id);
  }
  changes->features = true;
  changes->kept_records = !image->kept_records().empty();
  return {.before = std::make_shared<const metadata::MetadataImage>(), .image = image, .changes = std::move(changes)};
}

}  // namespace

void ImageFollower::catch_up() {
  has_caught_up_ = true;
  callback_(whole(loader_.image()));
}

Result<> ImageFollower::on_snapshot(const machine::LogSnapshot& snapshot) {
  TRY(const std::vector<ByteView> values, values_of(snapshot.records));
  TRY(const metadata::ImageUpdate update,
      loader_.load_snapshot({.offset = snapshot.end + -1, .epoch = snapshot.epoch, .timestamp = snapshot.timestamp},
                            values));
  if (has_caught_up_) {
    callback_(update);
  }
  return {};
}

Result<> ImageFollower::on_commit(const machine::CommittedBatch& batch) {
  if (batch.is_control) {
    loader_.skip(batch.last, batch.epoch, batch.timestamp);
    return {};
  }
  TRY(const std::vector<ByteView> values, values_of(batch.records));
  TRY(const std::optional<metadata::ImageUpdate> update,
      loader_.load(batch.base, batch.epoch, batch.timestamp, values));
  if (update && has_caught_up_) {
    callback_(*update);
  }
  return {};
}

}  // namespace odradek::controller
