#include "app/replica_directories.h"

#include <map>
#include <utility>
#include <vector>

#include "runtime/shard.h"

namespace odradek::app {
namespace {

constexpr runtime::Duration interval = std::chrono::seconds(5);

using Request = protocol::AssignReplicasToDirsRequest;
using PartitionsOfTopics = std::map<TopicId, std::vector<PartitionIndex>>;

Request::DirectoryData directory_data(DirectoryId id, const PartitionsOfTopics& topics) {
  Request::DirectoryData data{.id = id.uuid(), .topics = {}, .unknown_tags = {}};
  for (const auto& [topic, partitions] : topics) {
    auto& topic_data = data.topics.emplace_back();
    topic_data.topic_id = topic.uuid();
    for (const PartitionIndex partition : partitions) {
      topic_data.partitions.emplace_back().partition_index = partition.raw();
    }
  }
  return data;
}

}  // namespace

ReplicaDirectories::ReplicaDirectories(const api::BrokerIdentity& identity, BrokerEpoch epoch,
                                       replication::PartitionRouter& router, machine::ControllerChannel& controller,
                                       ImageNow image)
    : identity_(identity), epoch_(epoch), router_(router), controller_(controller), image_(std::move(image)) {}

void ReplicaDirectories::start() {
  if (identity_.log_directories.size() > 1) {  // a single one is known without being told
    tasks_.spawn(rounds());
  }
}

runtime::Task<void> ReplicaDirectories::stop() {
  is_stopping_ = true;
  stopping_.notify();
  co_await tasks_.join();
}

runtime::Task<void> ReplicaDirectories::rounds() {
  while (!is_stopping_) {
    co_await stopping_.wait(runtime::Shard::current().in(interval));
    co_await tell();
  }
}

runtime::Task<void> ReplicaDirectories::tell() {
  const auto of_shards =
      co_await router_.shards().on_all([this]() -> runtime::Task<std::vector<replication::LogDescription>> {
        co_return router_.local().describe_logs();
      });
  const metadata::SharedImage image = image_();
  std::map<DirectoryId, PartitionsOfTopics> news;
  for (const auto& logs : of_shards) {
    for (const replication::LogDescription& log : logs) {
      const metadata::TopicImage* topic = image->topic(log.partition.topic);
      const metadata::PartitionImage* partition = topic == nullptr ? nullptr : topic->partition(log.partition.index);
      const DirectoryId directory = identity_.log_directories[log.directory].id;
      if (partition != nullptr && partition->directory_of(identity_.id) != directory) {
        news[directory][topic->id].push_back(log.partition.index);
      }
    }
  }
  if (news.empty()) {
    co_return;
  }
  Request request{.broker_id = identity_.id.raw(), .broker_epoch = epoch_.raw(), .directories = {}, .unknown_tags = {}};
  for (const auto& [directory, topics] : news) {
    request.directories.push_back(directory_data(directory, topics));
  }
  const auto answer = co_await controller_.call(machine::CallContext{}, request);
  if (!answer) {  // the next round tells again
    log_.warn("assign_directories_failed").with("reason", answer.error().message);
  }
}

}  // namespace odradek::app
