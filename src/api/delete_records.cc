#include "api/delete_records.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "api/detail/ask_owners.h"
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
  size_t topic = 0;  // where the answer belongs
  size_t partition = 0;
  PartitionId id;
  Offset before;
};

struct DeleteAnswer {
  size_t topic;
  size_t partition;
  Result<Offset> start;
};

runtime::Task<std::vector<DeleteAnswer>> delete_all(replication::PartitionTable& table, std::vector<DeleteItem> items) {
  std::vector<DeleteAnswer> answers;
  answers.reserve(items.size());
  for (const DeleteItem& item : items) {
    Result<Offset> start = fail(Errc::NotLeader);
    if (const std::shared_ptr<replication::Partition> partition = table.find(item.id)) {
      start = co_await partition->delete_records(item.before);
    }
    answers.push_back({item.topic, item.partition, std::move(start)});
  }
  co_return answers;
}

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
        items.push_back({.topic = response.topics.size() - 1,
                         .partition = answers.partitions.size() - 1,
                         .id = *id,
                         .before = Offset{partition.offset}});
      }
    }
  }
  const std::vector<DeleteAnswer> deleted =
      co_await detail::ask_owners<DeleteAnswer>(context.services->partitions, std::move(items), delete_all);
  for (const DeleteAnswer& one : deleted) {
    auto& answer = response.topics[one.topic].partitions[one.partition];
    if (one.start) {
      answer.low_watermark = one.start->raw();
    } else {
      answer.error_code = wire_number(one.start.error().code);
    }
  }
  co_return response;
}

}  // namespace odradek::api
