#include "api/offset_delete.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/detail/groups.h"
#include "coordinator/group/offset_calls.h"

namespace odradek::api {

using protocol::ErrorCode;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;

namespace {

using Topics = std::vector<OffsetDeleteResponse::OffsetDeleteResponseTopic>;

// Each topic is named once.
void append(Topics more, Topics& topics) {
  std::unordered_map<std::string_view, size_t> places;
  for (const auto& topic : topics) {
    places.emplace(topic.name.view(), places.size());
  }
  for (auto& topic : more) {
    const auto [place, is_new] = places.emplace(topic.name.view(), topics.size());
    if (is_new) {
      topics.push_back(std::move(topic));
    } else {
      std::ranges::move(topic.partitions, std::back_inserter(topics[place->second].partitions));
    }
  }
}

}  // namespace

runtime::Task<OffsetDeleteResponse> offset_delete(RequestContext& context, OffsetDeleteRequest request) {
  const metadata::SharedImage image = context.services->image();
  OffsetDeleteResponse response;
  // The coordinator answers for what exists; the rest is refused in the same topics, or behind them.
  std::vector<OffsetDeleteResponse::OffsetDeleteResponseTopic> refused;
  for (auto& topic : request.topics) {
    const metadata::TopicImage* known = image->topic(topic.name.view());
    OffsetDeleteResponse::OffsetDeleteResponseTopic told;
    told.name = topic.name;
    std::erase_if(topic.partitions, [&](const auto& partition) {
      if (known != nullptr && known->partition(PartitionIndex{partition.partition_index}) != nullptr) {
        return false;
      }
      auto& missing = told.partitions.emplace_back();
      missing.partition_index = partition.partition_index;
      missing.error_code = wire_number(ErrorCode::UnknownTopicOrPartition);
      return true;
    });
    if (known == nullptr || !told.partitions.empty()) {
      refused.push_back(std::move(told));
    }
  }
  std::erase_if(request.topics, [](const auto& topic) { return topic.partitions.empty(); });
  if (!detail::is_group_id(request.group_id)) {
    response.error_code = wire_number(ErrorCode::InvalidGroupId);
    co_return response;
  }
  auto deleted =
      co_await detail::at_group(context, request.group_id, [&](std::shared_ptr<coordinator::GroupPartition> partition) {
        return coordinator::delete_offsets(std::move(partition), request);
      });
  if (!deleted) {
    response.error_code = wire_number(deleted.error());
    co_return response;
  }
  response = *std::move(deleted);
  append(std::move(refused), response.topics);
  co_return response;
}

}  // namespace odradek::api
