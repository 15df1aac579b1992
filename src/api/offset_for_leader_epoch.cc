#include "api/offset_for_leader_epoch.h"

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

using protocol::ErrorCode;
using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;

struct EpochItem {
  size_t topic = 0;  // where the answer belongs
  size_t partition = 0;
  PartitionId id;
  LeaderEpoch epoch;
  LeaderEpoch current_leader_epoch;
};

struct EpochAnswer {
  size_t topic;
  size_t partition;
  Result<storage::EpochEnd> end;
};

runtime::Task<std::vector<EpochAnswer>> look_up(replication::PartitionTable& table, std::vector<EpochItem> items) {
  std::vector<EpochAnswer> answers;
  answers.reserve(items.size());
  for (const EpochItem& item : items) {
    Result<storage::EpochEnd> end = fail(Errc::NotLeader);
    if (const std::shared_ptr<replication::Partition> partition = table.find(item.id)) {
      end = co_await partition->end_of_epoch(item.epoch, item.current_leader_epoch);
    }
    answers.push_back({item.topic, item.partition, std::move(end)});
  }
  co_return answers;
}

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
      items.push_back({.topic = response.topics.size() - 1,
                       .partition = answers.partitions.size() - 1,
                       .id = *id,
                       .epoch = LeaderEpoch{partition.leader_epoch},
                       .current_leader_epoch = LeaderEpoch{partition.current_leader_epoch}});
    }
  }
  const std::vector<EpochAnswer> found =
      co_await detail::ask_owners<EpochAnswer>(context.services->partitions, std::move(items), look_up);
  for (const EpochAnswer& one : found) {
    auto& answer = response.topics[one.topic].partitions[one.partition];
    if (one.end) {
      answer.leader_epoch = one.end->epoch.raw();
      answer.end_offset = one.end->end.raw();
    } else {
      answer.error_code = wire_number(one.end.error().code);
    }
  }
  co_return response;
}

}  // namespace odradek::api
