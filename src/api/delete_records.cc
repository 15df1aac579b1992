#include "api/delete_records.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "api/detail/ask_partitions.h"
#include "api/detail/find_partition.h"
#include "api/forward.h"
#include "api/services.h"

namespace odradek::api {

namespace {

using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;
using protocol::ErrorCode;

constexpr int64_t no_low_watermark = -1;

struct DeleteItem {
  detail::AnswerPlace place;
  PartitionId id;
  Offset before;
};

}  // namespace

runtime::Task<DeleteRecordsResponse> delete_records(RequestContext& context, DeleteRecordsRequest request) {
  const metadata::SharedImage image = context.services->image();
  DeleteRecordsResponse response;
  std::vector<DeleteItem> items;
  for (const auto& topic : request.topics) {
    const metadata::TopicImage* known = image->topic(topic.name.view());
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& partition : topic.partitions) {
      const std::optional<PartitionId> id = detail::find_partition(known, partition.partition_index);
      auto& answer = answers.partitions.emplace_back();
      answer.partition_index = partition.partition_index;
      answer.low_watermark = no_low_watermark;
      if (!id) {
        answer.error_code = wire_number(ErrorCode::UnknownTopicOrPartition);
      } else if (metadata::is_internal_topic(topic.name.view())) {
        answer.error_code = wire_number(ErrorCode::InvalidTopicException);
      } else {
        items.push_back({.place = {response.topics.size() - 1, answers.partitions.size() - 1},
                         .id = *id,
                         .before = Offset{partition.offset}});
      }
    }
  }
  const auto deleted = co_await detail::ask_partitions<Offset>(
      context.services->partitions, std::move(items),
      [](const auto& partition, const DeleteItem& item) { return partition->delete_records(item.before); });
  for (const auto& [place, start] : deleted) {
    auto& answer = response.topics[place.topic].partitions[place.partition];
    if (start) {
      answer.low_watermark = start->raw();
    } else {
      answer.error_code = wire_number(start.error().code);
    }
  }
  co_return response;
}

}  // namespace odradek::api
