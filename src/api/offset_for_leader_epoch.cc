#include "api/offset_for_leader_epoch.h"

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

using protocol::ErrorCode;
using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;

struct EpochItem {
  detail::AnswerPlace place;
  PartitionId id;
  LeaderEpoch epoch;
  LeaderEpoch current_leader_epoch;
};

}  // namespace

runtime::Task<OffsetForLeaderEpochResponse> offset_for_leader_epoch(RequestContext& context,
                                                                    OffsetForLeaderEpochRequest request) {
  const metadata::SharedImage image = context.services->image();
  OffsetForLeaderEpochResponse response;
  std::vector<EpochItem> items;
  for (const auto& topic : request.topics) {
    const metadata::TopicImage* known = image->topic(topic.topic.view());
    auto& answers = response.topics.emplace_back();
    answers.topic = topic.topic;
    for (const auto& partition : topic.partitions) {
      const std::optional<PartitionId> id = detail::find_partition(known, partition.partition);
      auto& answer = answers.partitions.emplace_back();
      answer.partition = partition.partition;
      if (!id) {
        answer.error_code = wire_number(ErrorCode::UnknownTopicOrPartition);
        continue;
      }
      items.push_back({.place = {response.topics.size() - 1, answers.partitions.size() - 1},
                       .id = *id,
                       .epoch = LeaderEpoch{partition.leader_epoch},
                       .current_leader_epoch = LeaderEpoch{partition.current_leader_epoch}});
    }
  }
  const auto found = co_await detail::ask_partitions<storage::EpochEnd>(
      context.services->partitions, std::move(items), [](const auto& partition, const EpochItem& item) {
        return partition->end_of_epoch(item.epoch, item.current_leader_epoch);
      });
  for (const auto& [place, end] : found) {
    auto& answer = response.topics[place.topic].partitions[place.partition];
    if (end) {
      answer.leader_epoch = end->epoch.raw();
      answer.end_offset = end->end.raw();
    } else {
      answer.error_code = wire_number(end.error().code);
    }
  }
  co_return response;
}

}  // namespace odradek::api
