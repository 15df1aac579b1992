#include "coordinator/group/group_coordinator.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/group/classic_calls.h"
#include "coordinator/group/consumer_calls.h"
#include "coordinator/group/group_router.h"
#include "coordinator/group/offset_calls.h"
#include "coordinator/group/topic_changes.h"
#include "runtime/shard.h"

namespace odradek::coordinator {

GroupCoordinator::GroupCoordinator(NodeId self, const metadata::ImageFeed& images,
                                   replication::PartitionTable& partitions, GroupOptions options)
    : self_(self),
      partitions_(partitions),
      environment_{.images = images, .options = std::make_shared<const GroupOptions>(options)} {
  tasks_.spawn(expire());
}

GroupCoordinator::~GroupCoordinator() = default;

void GroupCoordinator::update_options(GroupOptions options) {
  environment_.options = std::make_shared<const GroupOptions>(options);
}

void GroupCoordinator::apply(const metadata::ImageUpdate& update) {
  if (is_stopped_) {
    return;
  }
  if (changes_assignable_topics(update)) {
    environment_.topics_changed_at = update.image->position().offset.raw();
  }
  std::vector<DeletedTopic> deleted;
  for (const metadata::ImageChanges::DeletedTopic& topic : update.changes->deleted_topics) {
    if (topic.name == offsets_topic) {
      while (!led_.empty()) {
        leave(led_.begin()->first);
      }
    } else {
      deleted.push_back(topic);
    }
  }
  for (const metadata::ImageChanges::Topic& topic : update.changes->topics) {
    if (topic.name != offsets_topic) {
      continue;
    }
    const metadata::TopicImage* image = update.image->topic(topic.id);
    for (const PartitionIndex index : topic.partitions) {
      const metadata::PartitionImage* partition = image == nullptr ? nullptr : image->partition(index);
      auto here = partitions_.find({.topic = topic.id, .index = index});
      const bool leads = partition != nullptr && partition->leader == self_ && here != nullptr;
      const auto found = led_.find(index);
      if (found != led_.end() && (!leads || found->second->leader_epoch() != partition->leader_epoch)) {
        leave(index);
      }
      if (leads && !led_.contains(index)) {
        lead(std::move(here));
      }
    }
  }
  if (!deleted.empty()) {
    for (const auto& [index, partition] : led_) {
      partition->spawn(forget_topics(partition, deleted));
    }
  }
}

void GroupCoordinator::lead(std::shared_ptr<replication::Partition> partition) {
  const PartitionIndex index = partition->id().index;
  const replication::TopicRules* rules = partitions_.rules(partition->id().topic);
  const replication::PartitionCommitLogOptions log{
      .codec = environment_.options->codec, .min_insync_replicas = rules == nullptr ? 1 : rules->min_insync_replicas};
  auto led = std::make_shared<GroupPartition>(std::move(partition), log, environment_);
  led->look_after_groups([weak = std::weak_ptr(led)](const std::string& group) {
    if (auto self = weak.lock()) {
      self->spawn(self->classic(group) != nullptr ? look_at_group(self, group) : look_at_consumer_group(self, group));
    }
  });
  led_.emplace(index, led);
  const auto place = static_cast<size_t>(index.raw());
  places_.resize(std::max(places_.size(), place + 1));
  places_[place] = led;
  led->start();
}

void GroupCoordinator::leave(PartitionIndex index) {
  auto node = led_.extract(index);
  places_[static_cast<size_t>(index.raw())] = nullptr;
  tasks_.spawn(let_go(std::move(node.mapped())));
}

runtime::Task<void> GroupCoordinator::let_go(std::shared_ptr<GroupPartition> partition) { co_await partition->stop(); }

runtime::Task<void> GroupCoordinator::expire() {
  runtime::Shard& shard = runtime::Shard::current();
  runtime::Waiter waiter;
  waiter.subscribe(stopping_);
  while (!is_stopped_) {
    const bool is_stopping = co_await waiter.wait(shard.in(environment_.options->retention_check_interval));
    if (is_stopping) {
      continue;
    }
    std::vector<std::shared_ptr<GroupPartition>> led;
    for (const auto& [index, partition] : led_) {
      led.push_back(partition);
    }
    for (std::shared_ptr<GroupPartition>& partition : led) {
      co_await expire_offsets(std::move(partition));
    }
  }
}

runtime::Task<void> GroupCoordinator::stop() {
  is_stopped_ = true;
  stopping_.notify_all();
  while (!led_.empty()) {
    leave(led_.begin()->first);
  }
  co_await tasks_.join();
}

}  // namespace odradek::coordinator
