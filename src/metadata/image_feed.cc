#include "metadata/image_feed.h"

#include <utility>

namespace odradek::metadata {

bool ImageChanges::empty() const {
  return topics.empty() && deleted_topics.empty() && configs.empty() && brokers.empty() && !features && !kept_records;
}

ImageFeed::Subscription::Subscription(Subscription&& other) noexcept
    : feed_(std::exchange(other.feed_, nullptr)), place_(other.place_) {}

ImageFeed::Subscription& ImageFeed::Subscription::operator=(Subscription&& other) noexcept {
  if (this != &other) {
    end();
    feed_ = std::exchange(other.feed_, nullptr);
    place_ = other.place_;
  }
  return *this;
}

void ImageFeed::Subscription::end() {
  if (feed_ != nullptr) {
    **place_ = nullptr;  // a publication under way holds the callback itself; it must not call it any more
    std::exchange(feed_, nullptr)->subscribers_.erase(place_);
  }
}

void ImageFeed::publish(const ImageUpdate& update) {
  // Counted here, and not with what all shards hold: that count would travel between their cores with every request.
  current_ = SharedImage(std::make_shared<SharedImage>(update.image), update.image.get());
  // A copy: callbacks may subscribe and unsubscribe.
  const std::vector<std::shared_ptr<Callback>> all(subscribers_.begin(), subscribers_.end());
  for (const std::shared_ptr<Callback>& callback : all) {
    if (*callback) {
      const Callback call = *callback;  // it may end its own subscription
      call(update);
    }
  }
}

ImageFeed::Subscription ImageFeed::subscribe(Callback callback) {
  return {this, subscribers_.insert(subscribers_.end(), std::make_shared<Callback>(std::move(callback)))};
}

}  // namespace odradek::metadata
