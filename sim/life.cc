#include "sim/life.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "config/broker_config.h"
#include "protocol/error_code.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"
#include "record/batch_builder.h"
#include "record/batch_reader.h"

namespace odradek::sim {
namespace {

constexpr uint16_t port = 9092;
constexpr int16_t produce_version = 9;
constexpr int16_t fetch_version = 12;
constexpr int16_t no_error = static_cast<int16_t>(protocol::ErrorCode::None);

constexpr std::array codecs = {record::Codec::None, record::Codec::Gzip, record::Codec::Snappy, record::Codec::Lz4,
                               record::Codec::Zstd};

}  // namespace

std::optional<std::string> Life::live() {
  world_.run(run());
  return wrong_;
}

void Life::wrong(std::string what) {
  if (!wrong_) {
    wrong_ = std::move(what);
  }
}

runtime::Task<void> Life::run() {
  runtime::Random& chance = world_.chance();
  const auto producers = static_cast<int32_t>(1 + chance.below(3));
  written_.assign(static_cast<size_t>(producers), 0);
  const uint64_t reigns = 1 + chance.below(3);
  for (uint64_t reign = 0; reign < reigns && !wrong_; ++reign) {
    const Result<> started = co_await start_broker();
    if (!started) {
      wrong("the broker does not start: " + started.error().message);
      co_return;
    }
    const Result<> created = co_await create_topics();
    if (!created) {
      wrong("a topic cannot be created: " + created.error().message);
    }
    producing_ = true;
    runtime::TaskGroup writers;
    runtime::TaskGroup readers;
    for (int32_t producer = 0; producer < producers; ++producer) {
      writers.spawn(produce(producer, static_cast<int64_t>(1 + chance.below(8))));
    }
    for (const Topic& topic : topics_) {
      for (int32_t partition = 0; partition < topic.partitions; ++partition) {
        readers.spawn(consume(topic, partition));
      }
    }
    co_await writers.join();
    producing_ = false;
    co_await readers.join();
    const Result<> checked = co_await check_all();
    if (!checked) {
      wrong("reading back: " + checked.error().message);
    }
    co_await broker_->stop([](size_t) {});
    broker_.reset();
  }
}

runtime::Async<> Life::start_broker() {
  const std::vector<config::Property> properties = {
      {.key = "log.dirs", .value = "/data"},
      {.key = "listeners", .value = fmt::format("PLAINTEXT://127.0.0.1:{}", port)},
      {.key = "num.partitions", .value = "2"},
  };
  CO_TRY(config::BrokerConfig config, config::BrokerConfig::load(properties, {.root = true, .home = "/"}));
  CO_TRY(broker_, co_await app::Broker::start(world_, std::move(config)));
  co_return Result<>{};
}

runtime::Async<> Life::create_topics() {
  runtime::Random& chance = world_.chance();
  CO_TRY(const auto client, co_await Client::connect(port));
  const Topic topic{.name = fmt::format("topic-{}", topics_.size()),
                    .partitions = static_cast<int32_t>(1 + chance.below(3))};
  protocol::CreateTopicsRequest request;
  protocol::CreateTopicsRequest::CreatableTopic wanted;
  wanted.name = topic.name;
  wanted.num_partitions = topic.partitions;
  wanted.replication_factor = 1;
  request.topics.push_back(std::move(wanted));
  request.timeout_ms = 10'000;
  CO_TRY(const auto answer, co_await client->call<protocol::CreateTopicsResponse>(request, 7));
  for (const auto& result : answer.message.topics) {
    if (result.error_code != no_error) {
      co_return fail(Errc::InvalidRequest, fmt::format("{}: error {}", result.name, result.error_code));
    }
  }
  topics_.push_back(topic);
  co_return Result<>{};
}

runtime::Task<void> Life::produce(int32_t producer, int64_t batches) {
  auto client = co_await Client::connect(port);
  if (!client) {
    wrong("a producer cannot connect: " + client.error().message);
    co_return;
  }
  const Result<> produced = co_await produce_to(**client, producer, batches);
  if (!produced) {
    wrong(fmt::format("producer {}: {}", producer, produced.error().message));
  }
}

runtime::Async<> Life::produce_to(Client& client, int32_t producer, int64_t batches) {
  runtime::Random& chance = world_.chance();
  for (int64_t batch = 0; batch < batches && !wrong_; ++batch) {
    const Topic& topic = topics_[chance.below(topics_.size())];
    const auto index = static_cast<int32_t>(chance.below(static_cast<uint64_t>(topic.partitions)));
    record::BatchBuilder builder({.codec = codecs[chance.below(codecs.size())]});
    const int64_t first = written_[static_cast<size_t>(producer)];
    const auto count = static_cast<int64_t>(1 + chance.below(20));
    for (int64_t i = 0; i < count; ++i) {
      const std::string value = Writing{producer, first + i}.text() + " " + std::string(chance.below(300), 'x');
      builder.append({.timestamp = world_.wall_now(), .value = as_bytes(value)});
    }
    written_[static_cast<size_t>(producer)] += count;

    protocol::ProduceRequest request;
    request.acks = chance.one_in(2) ? int16_t{-1} : int16_t{1};
    request.timeout_ms = 10'000;
    protocol::ProduceRequest::TopicProduceData data;
    data.name = topic.name;
    protocol::ProduceRequest::PartitionProduceData partition;
    partition.index = index;
    partition.records = Blob(builder.finish());
    data.partition_data.push_back(std::move(partition));
    request.topic_data.push_back(std::move(data));
    CO_TRY(const auto answer, co_await client.call<protocol::ProduceResponse>(request, produce_version));
    const auto& result = answer.message.responses.at(0).partition_responses.at(0);
    if (result.error_code != no_error) {
      co_return fail(Errc::InvalidRequest,
                     fmt::format("{}-{} refuses a batch with error {}", topic.name, index, result.error_code));
    }
    for (int64_t i = 0; i < count; ++i) {
      const auto trouble = history_.note_acknowledged({topic.name, PartitionIndex{index}},
                                                      Offset{result.base_offset + i}, {producer, first + i});
      if (trouble) {
        wrong(*trouble);
      }
    }
    if (chance.one_in(4)) {
      co_await runtime::sleep_for(std::chrono::milliseconds(chance.below(50)));
    }
  }
  co_return Result<>{};
}

runtime::Task<void> Life::consume(Topic topic, int32_t partition) {
  auto client = co_await Client::connect(port);
  if (!client) {
    wrong("a consumer cannot connect: " + client.error().message);
    co_return;
  }
  const Result<> read = co_await read_all(**client, topic, partition, true);
  if (!read) {
    wrong(fmt::format("consumer of {}-{}: {}", topic.name, partition, read.error().message));
  }
}

// Reads from the beginning to the end; with `follow`, on and on while producers write.
runtime::Async<> Life::read_all(Client& client, Topic topic, int32_t partition, bool follow) {
  const TopicPartition name{topic.name, PartitionIndex{partition}};
  Offset next{0};
  for (;;) {
    const bool was_producing = producing_;
    protocol::FetchRequest request;
    request.max_wait_ms = follow ? 100 : 0;
    request.min_bytes = 1;
    request.max_bytes = 1 << 20;
    protocol::FetchRequest::FetchTopic wanted;
    wanted.topic = topic.name;
    protocol::FetchRequest::FetchPartition from;
    from.partition = partition;
    from.fetch_offset = next.raw();
    from.partition_max_bytes = static_cast<int32_t>(1 + world_.chance().below(4096));
    wanted.partitions.push_back(std::move(from));
    request.topics.push_back(std::move(wanted));
    CO_TRY(const auto answer, co_await client.call<protocol::FetchResponse>(request, fetch_version));
    const auto& data = answer.message.responses.at(0).partitions.at(0);
    if (data.error_code != no_error) {
      co_return fail(Errc::InvalidRequest, fmt::format("fetching {} is refused with error {}", next, data.error_code));
    }
    const Offset before = next;
    record::BatchScanner batches(data.records ? data.records->view() : ByteView());
    for (;;) {
      CO_TRY(const auto batch, batches.next());
      if (!batch) {
        break;
      }
      record::RecordReader records(batch->bytes);
      for (;;) {
        CO_TRY(const auto record, records.next_record());
        if (!record) {
          break;
        }
        if (record->offset < next) {
          continue;  // the batch began before the offset that was asked for
        }
        if (record->offset > next) {
          co_return fail(Errc::CorruptMessage, fmt::format("offset {} follows {}", record->offset, next));
        }
        const auto writing = Writing::parse(as_text(record->value.value_or(ByteView())));
        if (!writing) {
          co_return fail(Errc::CorruptMessage, fmt::format("nobody wrote what lies at {}", next));
        }
        if (const auto trouble = history_.note_read(name, next, *writing)) {
          co_return fail(Errc::CorruptMessage, *trouble);
        }
        next = next + 1;
      }
    }
    const bool at_end = next.raw() >= data.high_watermark;
    if (at_end && next == before && !(follow && was_producing)) {
      break;
    }
    if (wrong_) {
      break;
    }
  }
  if (const auto trouble = history_.check_complete(name, next); trouble && !wrong_) {
    co_return fail(Errc::CorruptMessage, *trouble);
  }
  co_return Result<>{};
}

runtime::Async<> Life::check_all() {
  CO_TRY(const auto client, co_await Client::connect(port));
  for (const Topic& topic : topics_) {
    for (int32_t partition = 0; partition < topic.partitions; ++partition) {
      CO_TRY(co_await read_all(*client, topic, partition, false));
    }
  }
  co_return Result<>{};
}

}  // namespace odradek::sim
