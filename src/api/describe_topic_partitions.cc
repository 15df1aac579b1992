#include "api/describe_topic_partitions.h"

#include <algorithm>
#include <set>

#include "api/advertised.h"
#include "api/authorized_operations.h"
#include "api/forward.h"
#include "api/keep_alive.h"
#include "model/topic_name.h"

namespace odradek::api {

namespace {

using metadata::MetadataImage;
using metadata::PartitionImage;
using metadata::TopicImage;
using protocol::ErrorCode;
using Request = protocol::DescribeTopicPartitionsRequest;
using Response = protocol::DescribeTopicPartitionsResponse;
using Topic = Response::DescribeTopicPartitionsResponseTopic;
using Partition = Response::DescribeTopicPartitionsResponsePartition;

// Where the client wants to go on: the beginning if it does not say.
struct Place {
  std::string_view topic;
  int32_t partition = 0;
};

Place place_of(const Request& request) {
  return request.cursor ? Place{.topic = request.cursor->topic_name, .partition = request.cursor->partition_index}
                        : Place{};
}

// Ascending, each once, from the cursor's topic on.
std::set<std::string_view> names_from(const MetadataImage& image, const Request& request, std::string_view first) {
  std::set<std::string_view> names;
  const auto add = [&](std::string_view name) {
    if (name >= first) {
      names.insert(name);
    }
  };
  if (request.topics.empty()) {
    image.for_each_topic([&](const TopicImage& topic) { add(topic.name); });
  }
  for (const Request::TopicRequest& topic : request.topics) {
    add(topic.name);
  }
  return names;
}

bool is_valid_cursor(const Request& request, const std::set<std::string_view>& names) {
  if (!request.cursor) {
    return true;
  }
  // Without names the cursor's topic may have been deleted since: then the next one comes.
  return request.cursor->partition_index >= 0 && (request.topics.empty() || names.contains(request.cursor->topic_name));
}

Partition describe(const MetadataImage& image, std::string_view listener, int32_t index,
                   const PartitionImage& partition) {
  Partition described;
  described.partition_index = index;
  described.leader_id = advertised_leader(image, partition, listener).raw();
  described.leader_epoch = partition.leader_epoch.raw();
  described.replica_nodes = raw_ids(partition.replicas);
  described.isr_nodes = raw_ids(partition.isr);
  described.eligible_leader_replicas = raw_ids(partition.eligible_leader_replicas);
  described.last_known_elr = raw_ids(partition.last_known_elr);
  described.offline_replicas = offline_replicas(image, partition, listener);
  return described;
}

Topic without_partitions(std::string_view name, ErrorCode error) {
  Topic topic;
  topic.error_code = wire_number(error);
  topic.name = protocol::Text(name);
  topic.is_internal = metadata::is_internal_topic(name);
  topic.topic_authorized_operations = all_topic_operations;
  return topic;
}

ErrorCode why_unknown(std::string_view name) {
  return check_topic_name(name) ? ErrorCode::UnknownTopicOrPartition : ErrorCode::InvalidTopicException;
}

Response::Cursor cursor_at(std::string_view topic, int32_t partition) {
  Response::Cursor cursor;
  cursor.topic_name = topic;
  cursor.partition_index = partition;
  return cursor;
}

Response refuse_all(const Request& request, ErrorCode error) {
  Response response;
  for (const Request::TopicRequest& topic : request.topics) {
    response.topics.push_back(without_partitions(topic.name, error));
    response.topics.back().is_internal = false;
    response.topics.back().topic_authorized_operations = operations_not_asked;
  }
  return response;
}

}  // namespace

runtime::Task<Response> describe_topic_partitions(RequestContext& context, Request request) {
  const metadata::SharedImage image = context.services->image();
  keep_alive(context, image);
  const Place from = place_of(request);
  const std::set<std::string_view> names = names_from(*image, request, from.topic);
  if (!is_valid_cursor(request, names)) {
    co_return refuse_all(request, ErrorCode::InvalidRequest);
  }
  const int64_t limit = context.services->config->get_int("max.request.partition.size.limit");
  int64_t room = std::max<int64_t>(1, std::min<int64_t>(limit, request.response_partition_limit));

  Response response;
  for (const std::string_view name : names) {
    if (room == 0) {
      response.next_cursor = cursor_at(name, 0);
      break;
    }
    const TopicImage* topic = image->topic(name);
    if (topic == nullptr) {
      response.topics.push_back(without_partitions(name, why_unknown(name)));
      continue;
    }
    const int32_t first = name == from.topic ? from.partition : 0;
    const int64_t end = std::min<int64_t>(topic->partition_count(), first + room);
    response.topics.push_back(without_partitions(topic->name, ErrorCode::None));
    response.topics.back().topic_id = topic->id.uuid();
    for (int32_t index = first; index < end; ++index) {
      if (const PartitionImage* partition = topic->partition(PartitionIndex{index})) {
        response.topics.back().partitions.push_back(describe(*image, context.connection->listener, index, *partition));
      }
    }
    if (end < topic->partition_count()) {
      response.next_cursor = cursor_at(topic->name, static_cast<int32_t>(end));
      break;
    }
    room -= std::max<int64_t>(0, end - first);
  }
  co_return response;
}

}  // namespace odradek::api
