#include "metadata/image_loader.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace odradek::metadata {

namespace {

template <typename Record>
bool is(const MetadataRecord& record) {
  return std::holds_alternative<Record>(record);
}

// Both as one update; `later` began with the image that `earlier` ended with.
ImageUpdate join(std::optional<ImageUpdate> earlier, ImageUpdate later) {
  if (!earlier) {
    return later;
  }
  auto changes = std::make_shared<ImageChanges>(*earlier->changes);
  for (const ImageChanges::DeletedTopic& gone : later.changes->deleted_topics) {
    std::erase_if(changes->topics, [&](const ImageChanges::Topic& topic) { return topic.id == gone.id; });
    if (earlier->before->topic(gone.id) != nullptr) {
      changes->deleted_topics.push_back(gone);
    }
  }
  for (const ImageChanges::Topic& topic : later.changes->topics) {
    const auto same = std::ranges::find(changes->topics, topic.id, &ImageChanges::Topic::id);
    if (same == changes->topics.end()) {
      changes->topics.push_back(topic);
    } else {
      same->partitions.insert(topic.partitions.begin(), topic.partitions.end());
    }
  }
  changes->configs.insert(later.changes->configs.begin(), later.changes->configs.end());
  changes->brokers.insert(later.changes->brokers.begin(), later.changes->brokers.end());
  changes->features = changes->features || later.changes->features;
  changes->kept_records = changes->kept_records || later.changes->kept_records;
  return {.before = std::move(earlier->before), .image = std::move(later.image), .changes = std::move(changes)};
}

}  // namespace

Result<std::optional<ImageUpdate>> ImageLoader::load(Offset base, LeaderEpoch epoch, int64_t timestamp,
                                                     std::span<const ByteView> stored) {
  std::optional<ImageUpdate> update;
  std::optional<MetadataDelta> outside;  // records of no transaction
  if (!transaction_) {
    outside.emplace(image_);
  }
  const auto publish = [&](MetadataDelta delta, Offset last) {
    update = join(std::move(update), std::move(delta).finish({.offset = last, .epoch = epoch, .timestamp = timestamp}));
    image_ = update->image;
  };
  for (size_t i = 0; i < stored.size(); ++i) {
    const Offset offset = base + static_cast<int64_t>(i);
    TRY(const MetadataRecord record, decode_record(stored[i]));
    if (is<protocol::BeginTransactionRecord>(record)) {
      if (transaction_) {
        return fail(Errc::CorruptMessage, "a metadata transaction begins inside another");
      }
      auto before = std::exchange(outside, std::nullopt);
      if (i > 0) {
        publish(*std::move(before), offset + -1);
      }
      transaction_.emplace(image_);
    } else if (is<protocol::EndTransactionRecord>(record) || is<protocol::AbortTransactionRecord>(record)) {
      if (!transaction_) {
        return fail(Errc::CorruptMessage, "a metadata transaction ends that never began");
      }
      MetadataDelta ended = *std::move(transaction_);
      transaction_.reset();
      if (is<protocol::EndTransactionRecord>(record)) {
        publish(std::move(ended), offset);
      }
      outside.emplace(image_);
    } else {
      TRY((transaction_ ? *transaction_ : *outside).replay(record));
    }
  }
  if (outside && !stored.empty()) {
    publish(*std::move(outside), base + (std::ssize(stored) - 1));
  }
  return update;
}

void ImageLoader::skip(Offset last, LeaderEpoch epoch, int64_t timestamp) {
  if (!transaction_) {
    image_ = MetadataDelta(image_).finish({.offset = last, .epoch = epoch, .timestamp = timestamp}).image;
  }
}

Result<ImageUpdate> ImageLoader::load_snapshot(ImagePosition position, std::span<const ByteView> stored) {
  const SharedImage before = image_;
  MetadataDelta delta(std::make_shared<const MetadataImage>());
  for (const ByteView bytes : stored) {
    TRY(const MetadataRecord record, decode_record(bytes));
    TRY(delta.replay(record));
  }
  transaction_.reset();
  ImageUpdate update = std::move(delta).finish(position);
  auto changes = std::make_shared<ImageChanges>(*update.changes);
  // What was there and is not in the snapshot, or is so under another id, is gone.
  before->for_each_topic([&](const TopicImage& topic) {
    if (update.image->topic(topic.id) == nullptr) {
      changes->deleted_topics.push_back({.name = topic.name, .id = topic.id});
    }
  });
  for (ImageChanges::Topic& topic : changes->topics) {
    topic.is_created = before->topic(topic.id) == nullptr;
  }
  before->for_each_config([&](const ConfigResource& resource, const ConfigMap&) { changes->configs.insert(resource); });
  for (const auto& [id, broker] : before->brokers()) {
    changes->brokers.insert(id);
  }
  changes->features = true;
  changes->kept_records = true;
  update.before = before;
  update.changes = std::move(changes);
  image_ = update.image;
  return update;
}

}  // namespace odradek::metadata
