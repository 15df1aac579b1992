#include "api/describe_producers.h"

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

using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using protocol::ErrorCode;

struct ProducersItem {
  detail::AnswerPlace place;
  PartitionId id;
};

DescribeProducersResponse::ProducerState describe(const storage::ProducerState& producer) {
  DescribeProducersResponse::ProducerState state;
  state.producer_id = producer.id.raw();
  state.producer_epoch = producer.epoch.raw();
  state.last_sequence = producer.last_sequence();
  state.last_timestamp = producer.last_timestamp;
  state.coordinator_epoch = producer.coordinator_epoch;
  state.current_txn_start_offset = producer.transaction_first ? producer.transaction_first->raw() : -1;
  return state;
}

}  // namespace

runtime::Task<DescribeProducersResponse> describe_producers(RequestContext& context, DescribeProducersRequest request) {
  const metadata::SharedImage image = context.services->image();
  DescribeProducersResponse response;
  std::vector<ProducersItem> items;
  for (const auto& topic : request.topics) {
    const metadata::TopicImage* known = image->topic(topic.name.view());
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const int32_t index : topic.partition_indexes) {
      const std::optional<PartitionId> id = detail::find_partition(known, index);
      auto& answer = answers.partitions.emplace_back();
      answer.partition_index = index;
      if (!id) {
        answer.error_code = wire_number(ErrorCode::UnknownTopicOrPartition);
        if (known == nullptr) {
          answer.error_message = protocol::Text(protocol::default_message(ErrorCode::UnknownTopicOrPartition));
        }
        continue;
      }
      items.push_back({.place = {response.topics.size() - 1, answers.partitions.size() - 1}, .id = *id});
    }
  }
  const auto found = co_await detail::ask_partitions<std::vector<storage::ProducerState>>(
      context.services->partitions, std::move(items),
      [](const auto& partition, const ProducersItem&) { return partition->producers(); });
  for (const auto& [place, producers] : found) {
    auto& answer = response.topics[place.topic].partitions[place.partition];
    if (!producers) {
      answer.error_code = wire_number(producers.error().code);
      continue;
    }
    for (const storage::ProducerState& producer : *producers) {
      answer.active_producers.push_back(describe(producer));
    }
  }
  co_return response;
}

}  // namespace odradek::api
