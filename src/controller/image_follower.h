// Turns what the metadata log commits into image updates.
#pragma once

#include <functional>

#include "machine/commit_log.h"
#include "metadata/image_loader.h"

namespace odradek::controller {

// Silent while it catches up with a log that is there already: catch_up() then gives one update of everything.
class ImageFollower final : public machine::CommitListener {
 public:
  using Callback = std::function<void(const metadata::ImageUpdate&)>;

  explicit ImageFollower(Callback callback) : callback_(std::move(callback)) {}

  // Calls back with all there is by now as one update from an empty image, and from then on with each update.
  void catch_up();

  [[nodiscard]] const metadata::SharedImage& image() const { return loader_.image(); }

  [[nodiscard]] Result<> on_snapshot(const machine::LogSnapshot& snapshot) override;
  [[nodiscard]] Result<> on_commit(const machine::CommittedBatch& batch) override;

 private:
  Callback callback_;
  metadata::ImageLoader loader_;
  bool has_caught_up_ = false;
};

}  // namespace odradek::controller
