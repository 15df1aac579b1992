#include "api/describe_producers.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "api/detail/ask_partitions.h"
#include "api/detail/find_partition.h"
#include "api/forward.h"
#include "api/services.h"
#include "model/topic_name.h"

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

// Why there is no such partition. Of one that a known topic lacks, Kafka says no more than the code.
void refuse(std::string_view topic, bool is_known, DescribeProducersResponse::PartitionResponse& answer) {
  Error why{.code = Errc::UnknownTopicOrPartition, .message = ""};
  if (const Result<> name = check_topic_name(topic); !name) {
    why = name.error();
  }
  answer.error_code = wire_number(why.code);
  if (!is_known) {
    answer.error_message = message_of(why);
  }
}

}  // namespace

runtime::Task<DescribeProducersResponse> describe_producers(RequestContext& context, DescribeProducersRequest request) {
  const metadata::SharedImage image = context.services->image();
  DescribeProducersResponse response;
  std::vector<ProducersItem> items;
  std::set<PartitionId> asked;  // once each: a partition of many producers may be named with four bytes
  for (const auto& topic : request.topics) {
    const metadata::TopicImage* known = image->topic(topic.name.view());
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const int32_t index : topic.partition_indexes) {
      const std::optional<PartitionId> id = detail::find_partition(known, index);
      if (id && !asked.insert(*id).second) {
        continue;
      }
      auto& answer = answers.partitions.emplace_back();
      answer.partition_index = index;
      if (!id) {
        refuse(topic.name, known != nullptr, answer);
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
