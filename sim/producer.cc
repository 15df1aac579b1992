#include "sim/producer.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/produce.h"
#include "record/batch_builder.h"

namespace odradek::sim {
namespace {

using protocol::ErrorCode;

constexpr int16_t produce_version = 13;
constexpr int16_t init_producer_id_version = 4;

constexpr std::array codecs = {record::Codec::None,   record::Codec::None, record::Codec::Gzip,
                               record::Codec::Snappy, record::Codec::Lz4,  record::Codec::Zstd};

}  // namespace

std::string Producer::name() const { return fmt::format("producer {}", number_); }

runtime::Task<void> Producer::run() {
  while (batches_ < stage_.swarm.batches_max) {
    const bool may_go_on = co_await stage_.opened();
    if (!may_go_on) {
      co_return;
    }
    const Result<> ended = co_await produce();  // an error is that of a connection: the broker is gone, or the network
    if (!ended && ended.error().code == Errc::RequestTimedOut && stage_.is_open()) {
      stage_.fail(name() + ": " + ended.error().message);
    }
    co_await runtime::sleep_for(std::chrono::milliseconds(1 + stage_.world.chance().below(10)));
  }
}

runtime::Async<> Producer::produce() {
  const Stage::Visit visit(stage_);
  CO_TRY(const auto client, co_await Client::connect(broker_port));
  runtime::Random& chance = stage_.world.chance();
  while (stage_.is_open() && batches_ < stage_.swarm.batches_max) {
    if (!pending_) {
      const TopicPtr topic = stage_.topics.some(chance);
      if (topic == nullptr) {
        break;
      }
      const auto partition = static_cast<int32_t>(chance.below(static_cast<uint64_t>(topic->partitions)));
      pending_ = make_batch(topic, partition);
      ++batches_;
    }
    const Result<> sent = co_await send(*client);
    if (!sent) {
      if (pending_) {
        pending_->is_adrift = true;
      }
      if (!is_idempotent_) {
        give_up();
      }
      co_return sent;
    }
    if (chance.one_in(4)) {
      co_await runtime::sleep_for(std::chrono::milliseconds(chance.below(50)));
    }
  }
  co_return Result<>{};
}

runtime::Async<> Producer::write_to(Client& client, TopicPtr topic, int32_t partition) {
  if (!pending_ || pending_->topic != topic || pending_->partition != partition) {
    pending_ = make_batch(topic, partition);
  }
  while (pending_ && !stage_.is_over()) {
    CO_TRY(co_await send(client));
  }
  co_return Result<>{};
}

runtime::Async<> Producer::introduce(Client& client) {
  protocol::InitProducerIdRequest request;
  request.transactional_id = std::nullopt;
  request.transaction_timeout_ms = 60'000;
  CO_TRY(const auto answer, co_await client.call<protocol::InitProducerIdResponse>(request, init_producer_id_version));
  if (answer.message.error_code != 0) {
    co_return fail(Errc::NotLeader, "no producer id yet");
  }
  id_ = ProducerId{answer.message.producer_id};
  epoch_ = ProducerEpoch{answer.message.producer_epoch};
  sequences_.clear();
  if (!stage_.producer_ids.insert(id_).second) {
    stage_.fail(fmt::format("{}: producer id {} was given before", name(), id_));
  }
  co_return Result<>{};
}

Producer::Batch Producer::make_batch(TopicPtr topic, int32_t partition) {
  runtime::Random& chance = stage_.world.chance();
  Batch batch{.topic = std::move(topic),
              .partition = partition,
              .first = written_,
              .count = static_cast<int64_t>(1 + chance.below(12)),
              .bytes = {}};
  written_ += batch.count;
  stage_.history.note_made({number_, batch.first});
  return batch;
}

void Producer::give_up() {
  if (pending_ && pending_->is_adrift) {
    stage_.history.note_given_up(pending_->topic->partition(pending_->partition), {number_, pending_->first},
                                 pending_->count);
  }
  pending_.reset();
}

runtime::Async<> Producer::send(Client& client) {
  if (is_idempotent_ && id_ == no_producer_id) {
    CO_TRY(co_await introduce(client));
  }
  runtime::Random& chance = stage_.world.chance();
  Batch& batch = *pending_;
  if (batch.bytes.empty()) {
    record::BatchOptions options{.codec = codecs[chance.below(codecs.size())]};
    if (is_idempotent_) {
      const PartitionId partition = batch.topic->partition(batch.partition);
      const auto [known, is_new] = sequences_.try_emplace(partition);
      if (is_new) {
        known->second.losses = stage_.history.losses(partition);
      }
      options.producer_id = id_;
      options.producer_epoch = epoch_;
      options.base_sequence = known->second.next;
    }
    record::BatchBuilder builder(options);
    for (int64_t i = 0; i < batch.count; ++i) {
      const Writing writing{number_, batch.first + i};
      const std::string key = fmt::format("{}", writing.key());
      const std::string value = writing.text() + " " + std::string(chance.below(300), 'x');
      builder.append({.timestamp = stage_.wall_now() - static_cast<int64_t>(chance.below(100)),
                      .key = as_bytes(key),
                      .value = as_bytes(value)});
    }
    batch.bytes = builder.finish();
  }
  protocol::ProduceRequest request;
  request.acks = chance.one_in(2) ? int16_t{-1} : int16_t{1};
  request.timeout_ms = 30'000;
  protocol::ProduceRequest::TopicProduceData data;
  data.topic_id = batch.topic->id.uuid();
  protocol::ProduceRequest::PartitionProduceData partition;
  partition.index = batch.partition;
  partition.records = Blob(Bytes(batch.bytes));
  data.partition_data.push_back(std::move(partition));
  request.topic_data.push_back(std::move(data));
  const uint64_t flush_changes = batch.topic->flush_changes;
  CO_TRY(const auto answer, co_await client.call<protocol::ProduceResponse>(request, produce_version));
  const auto& result = answer.message.responses.at(0).partition_responses.at(0);
  take_answer(static_cast<ErrorCode>(result.error_code), Offset{result.base_offset}, flush_changes);
  if (pending_) {
    co_await runtime::sleep_for(std::chrono::milliseconds(1 + chance.below(50)));  // before it is sent again
  }
  co_return Result<>{};
}

void Producer::take_answer(ErrorCode error, Offset base, uint64_t flush_changes) {
  const Batch& batch = *pending_;
  const PartitionId partition = batch.topic->partition(batch.partition);
  if (error == ErrorCode::OutOfOrderSequenceNumber && is_idempotent_ &&
      (sequences_[partition].losses != stage_.history.losses(partition) || stage_.history.is_unsettled(partition))) {
    // A power cut took batches that had been acknowledged: as real clients do, we begin anew, without them.
    id_ = no_producer_id;
    give_up();
    return;
  }
  switch (stage_.react(error, *batch.topic)) {
    case Reaction::Accept: acknowledged(base, flush_changes); return;
    case Reaction::Retry:
      if (!is_idempotent_) {
        give_up();
      }
      return;
    case Reaction::GiveUp:
      id_ = no_producer_id;  // if the topic lives on after all, nobody knows which sequence it expects
      give_up();
      return;
    case Reaction::Wrong:
      stage_.fail(fmt::format("{}: {}-{} refuses a batch with error {}", name(), batch.topic->name, batch.partition,
                              static_cast<int16_t>(error)));
      return;
  }
}

void Producer::acknowledged(Offset base, uint64_t flush_changes) {
  const Batch batch = *std::exchange(pending_, std::nullopt);
  const PartitionId partition = batch.topic->partition(batch.partition);
  sequences_[partition].next += static_cast<int32_t>(batch.count);
  for (int64_t i = 0; i < batch.count; ++i) {
    const auto trouble = stage_.history.note_acknowledged(partition, base + i, {number_, batch.first + i},
                                                          stage_.told(*batch.topic, flush_changes));
    if (trouble) {
      stage_.fail(fmt::format("{}-{}, acknowledging: {}", batch.topic->name, batch.partition, *trouble));
    }
  }
}

}  // namespace odradek::sim
