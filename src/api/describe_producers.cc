#include "api/describe_producers.h"

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

using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using protocol::ErrorCode;

struct ProducersItem {
  size_t topic = 0;  // where the answer belongs
  size_t partition = 0;
  PartitionId id;
};

struct ProducersAnswer {
  size_t topic;
  size_t partition;
  Result<std::vector<storage::ProducerState>> producers;
};

runtime::Task<std::vector<ProducersAnswer>> look_up(replication::PartitionTable& table,
                                                    std::vector<ProducersItem> items) {
  std::vector<ProducersAnswer> answers;
  answers.reserve(items.size());
  for (const ProducersItem& item : items) {
    Result<std::vector<storage::ProducerState>> producers = fail(Errc::NotLeader);
    if (const std::shared_ptr<replication::Partition> partition = table.find(item.id)) {
      producers = co_await partition->producers();
    }
    answers.push_back({item.topic, item.partition, std::move(producers)});
  }
  co_return answers;
}

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
      items.push_back({.topic = response.topics.size() - 1, .partition = answers.partitions.size() - 1, .id = *id});
    }
  }
  const std::vector<ProducersAnswer> found =
      co_await detail::ask_owners<ProducersAnswer>(context.services->partitions, std::move(items), look_up);
  for (const ProducersAnswer& one : found) {
    auto& answer = response.topics[one.topic].partitions[one.partition];
    if (!one.producers) {
      answer.error_code = wire_number(one.producers.error().code);
      continue;
    }
    for (const storage::ProducerState& producer : *one.producers) {
      answer.active_producers.push_back(describe(producer));
    }
  }
  co_return response;
}

}  // namespace odradek::api
