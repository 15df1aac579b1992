// Who hears of new images: one feed per shard, holding that shard's current image.
//
// Pure: whoever follows the log (app wires it) publishes on every shard in the order of the log.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "metadata/metadata_image.h"

namespace odradek::metadata {

// What became different between two images, so that a subscriber need not compare them.
struct ImageChanges {
  struct Topic {
    std::string name;
    TopicId id;
    bool is_created = false;              // then `partitions` are all of its partitions
    std::set<PartitionIndex> partitions;  // created or changed
  };
  struct DeletedTopic {
    std::string name;
    TopicId id;
  };

  std::vector<Topic> topics;
  std::vector<DeletedTopic> deleted_topics;  // were in the image before
  std::set<ConfigResource> configs;
  std::set<NodeId> brokers;  // registered, changed or gone
  bool features = false;
  bool kept_records = false;

  [[nodiscard]] bool empty() const;
};

struct ImageUpdate {
  SharedImage before;
  SharedImage image;
  std::shared_ptr<const ImageChanges> changes;
};

// Touched on one shard only.
class ImageFeed {
 public:
  using Callback = std::function<void(const ImageUpdate&)>;

  // Ends the subscription when destroyed; must not outlive the feed.
  class [[nodiscard]] Subscription {
   public:
    Subscription() = default;
    Subscription(Subscription&& other) noexcept;
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription() { end(); }
    void end();

   private:
    friend ImageFeed;
    Subscription(ImageFeed* feed, std::list<std::shared_ptr<Callback>>::iterator place) : feed_(feed), place_(place) {}
    ImageFeed* feed_ = nullptr;
    std::list<std::shared_ptr<Callback>>::iterator place_;
  };

  // Never null; empty before the first publication.
  [[nodiscard]] const SharedImage& current() const { return current_; }

  // Makes update.image current, then calls the subscribers in the order they subscribed. They may subscribe and
  // unsubscribe meanwhile.
  void publish(const ImageUpdate& update);

  [[nodiscard]] Subscription subscribe(Callback callback);

 private:
  SharedImage current_ = std::make_shared<const MetadataImage>();
  std::list<std::shared_ptr<Callback>> subscribers_;
};

}  // namespace odradek::metadata
