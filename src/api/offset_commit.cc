#include "api/offset_commit.h"

#include <memory>
#include <utility>

#include "api/detail/groups.h"
#include "coordinator/group/offset_calls.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;

constexpr int16_t first_version_with_ids = 10;
// A record of a commit that says when it expires is of the old form, which holds no longer texts.
constexpr size_t old_metadata_max = detail::stored_text_max;

ErrorCode check(const metadata::TopicImage* topic, const OffsetCommitRequest& request,
                const OffsetCommitRequest::OffsetCommitRequestPartition& partition, int16_t version) {
  if (topic == nullptr) {
    return version >= first_version_with_ids ? ErrorCode::UnknownTopicId : ErrorCode::UnknownTopicOrPartition;
  }
  if (topic->partition(PartitionIndex{partition.partition_index}) == nullptr) {
    return ErrorCode::UnknownTopicOrPartition;
  }
  const bool is_too_long = request.retention_time_ms >= 0 && partition.committed_metadata &&
                           partition.committed_metadata->size() > old_metadata_max;
  return is_too_long ? ErrorCode::OffsetMetadataTooLarge : ErrorCode::None;
}

using Topic = OffsetCommitResponse::OffsetCommitResponseTopic;

void tell(Topic& topic, int32_t index, ErrorCode error) {
  auto& told = topic.partitions.emplace_back();
  told.partition_index = index;
  told.error_code = wire_number(error);
}

// One answer for every partition of the topic.
Topic all_of(const OffsetCommitRequest::OffsetCommitRequestTopic& topic, ErrorCode error) {
  Topic told;
  told.name = topic.name;
  told.topic_id = topic.topic_id;
  for (const auto& partition : topic.partitions) {
    tell(told, partition.partition_index, error);
  }
  return told;
}

}  // namespace

runtime::Task<OffsetCommitResponse> offset_commit(RequestContext& context, OffsetCommitRequest request) {
  const metadata::SharedImage image = context.services->image();
  OffsetCommitResponse response;
  if (request.group_id.size() > detail::stored_text_max) {
    for (const auto& topic : request.topics) {
      response.topics.push_back(all_of(topic, ErrorCode::InvalidGroupId));
    }
    co_return response;
  }
  // What exists is handed on, in the order of the request; the codes come back in the same order.
  response.topics.reserve(request.topics.size());
  for (auto& topic : request.topics) {
    const metadata::TopicImage* known = context.api_version >= first_version_with_ids
                                            ? image->topic(TopicId(topic.topic_id))
                                            : image->topic(topic.name.view());
    Topic& told = response.topics.emplace_back();
    told.name = topic.name;
    told.topic_id = topic.topic_id;
    told.partitions.reserve(topic.partitions.size());
    std::erase_if(topic.partitions, [&](const auto& partition) {
      const ErrorCode error = check(known, request, partition, context.api_version);
      tell(told, partition.partition_index, error);
      return error != ErrorCode::None;
    });
    if (known != nullptr) {
      topic.name = std::string_view(known->name);
      topic.topic_id = known->id.uuid();
    }
  }
  std::erase_if(request.topics, [](const auto& topic) { return topic.partitions.empty(); });
  if (request.topics.empty()) {
    co_return response;
  }
  const std::string host = detail::client_host(context);
  // Calls reach a shard in the order in which they are made, and commits are decided on arrival: the next one of this
  // connection comes after this one.
  context.appended();
  const auto committed =
      co_await detail::at_group(context, request.group_id, [&](std::shared_ptr<coordinator::GroupPartition> partition) {
        return coordinator::commit_offsets(std::move(partition), request, detail::caller(context, host));
      });
  size_t next = 0;
  for (Topic& topic : response.topics) {
    for (auto& told : topic.partitions) {
      if (told.error_code == wire_number(ErrorCode::None)) {
        told.error_code = wire_number(committed ? (*committed)[next] : committed.error());
        ++next;
      }
    }
  }
  co_return response;
}

}  // namespace odradek::api
