// Follows the metadata log: batches of stored records in, image updates out.
//
// Knows transactions: what lies between BeginTransaction and EndTransaction becomes visible at once, or, with
// AbortTransaction, never; what stands before the Begin belongs to the image before. Pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "metadata/image_feed.h"
#include "metadata/metadata_delta.h"
#include "metadata/metadata_image.h"

namespace odradek::metadata {

class ImageLoader {
 public:
  ImageLoader() = default;
  explicit ImageLoader(SharedImage image) : image_(std::move(image)) {}

  // The image as of the last update returned; never null.
  [[nodiscard]] const SharedImage& image() const { return image_; }

  // One batch of the log: record i has the offset base + i. Nothing when all of it is held back by a transaction.
  // Control batches go to skip(). After an error the loader is of no more use.
  [[nodiscard]] Result<std::optional<ImageUpdate>> load(Offset base, LeaderEpoch epoch, int64_t timestamp,
                                                        std::span<const ByteView> stored);

  // A transaction has begun and has not ended: what follows is held back, too.
  [[nodiscard]] bool is_in_transaction() const { return transaction_.has_value(); }

  // The position moves on; nothing else changes.
  void skip(Offset last, LeaderEpoch epoch, int64_t timestamp);

  // All records of a snapshot that ends at `position`, replacing whatever was known.
  [[nodiscard]] Result<ImageUpdate> load_snapshot(ImagePosition position, std::span<const ByteView> stored);

 private:
  SharedImage image_ = std::make_shared<const MetadataImage>();
  std::optional<MetadataDelta> transaction_;  // open since some earlier record
};

}  // namespace odradek::metadata
