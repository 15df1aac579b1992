#include "sim/admin.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/metadata.h"

namespace odradek::sim {
namespace {

using protocol::ErrorCode;

constexpr int16_t create_topics_version = 7;
constexpr int16_t delete_topics_version = 6;
constexpr int16_t delete_records_version = 2;
constexpr int16_t alter_configs_version = 1;
constexpr int16_t metadata_version = 12;
constexpr int8_t topic_resource = 2;
constexpr int8_t set_config = 0;
constexpr int8_t delete_config = 1;
constexpr int32_t topics_max = 6;
constexpr int32_t timeout_ms = 30'000;

}  // namespace

runtime::Task<void> Admin::run() {
  for (;;) {
    const bool may_go_on = co_await stage_.opened();
    if (!may_go_on) {
      co_return;
    }
    const Result<> ended = co_await administer();
    if (!ended && ended.error().code == Errc::RequestTimedOut && stage_.is_open()) {
      stage_.fail("an administrator: " + ended.error().message);
    }
    co_await runtime::sleep_for(std::chrono::milliseconds(1 + stage_.world.chance().below(100)));
  }
}

runtime::Async<> Admin::administer() {
  const Stage::Visit visit(stage_);
  runtime::Random& chance = stage_.world.chance();
  std::vector<Deed> deeds;
  const Swarm& swarm = stage_.swarm;
  if (swarm.deletes_topics) {
    deeds.insert(deeds.end(), {Deed::Create, Deed::Delete});
  }
  if (swarm.deletes_records) {
    deeds.push_back(Deed::DeleteRecords);
  }
  if (swarm.changes_configs) {
    deeds.push_back(Deed::Alter);
  }
  CO_TRY(const auto client, co_await Client::connect(broker_port));
  while (stage_.is_open()) {
    if (!deeds.empty()) {
      CO_TRY(co_await perform(*client, deeds[chance.below(deeds.size())]));
    }
    co_await runtime::sleep_for(std::chrono::milliseconds(10 + chance.below(200)));
  }
  co_return Result<>{};
}

runtime::Async<> Admin::perform(Client& client, Deed deed) {
  if (deed == Deed::Create) {
    co_return co_await create_topic(client);
  }
  const TopicPtr topic = stage_.topics.some(stage_.world.chance());
  if (topic == nullptr) {
    co_return Result<>{};
  }
  switch (deed) {
    case Deed::Delete: co_return co_await delete_topic(client, topic);
    case Deed::DeleteRecords: co_return co_await delete_records(client, topic);
    case Deed::Alter: co_return co_await alter(client, topic);
    case Deed::Create: break;
  }
  co_return Result<>{};
}

// Whether the answer says that it was done; if neither that nor an excuse, it is wrong.
bool Admin::was_done(const std::string& what, int16_t error) {
  const auto code = static_cast<ErrorCode>(error);
  const bool is_excused =
      code == ErrorCode::NotController || code == ErrorCode::RequestTimedOut ||
      code == ErrorCode::NotLeaderOrFollower ||
      (stage_.disk_fails && (code == ErrorCode::KafkaStorageError || code == ErrorCode::UnknownServerError));
  if (code != ErrorCode::None && !is_excused) {
    stage_.fail(fmt::format("{} fails with error {}", what, error));
  }
  return code == ErrorCode::None;
}

runtime::Async<> Admin::create_topic(Client& client) {
  runtime::Random& chance = stage_.world.chance();
  const Swarm& swarm = stage_.swarm;
  if (topics_made_ >= topics_max) {
    co_return Result<>{};
  }
  Topic made;
  made.name = fmt::format("topic-{}", topics_made_++);
  made.partitions = static_cast<int32_t>(1 + chance.below(3));
  made.made = stage_.world.now();
  // Now and then the name of one that was deleted: the two must not be mixed up.
  const auto& known = stage_.topics.all();
  if (!known.empty()) {
    const std::string& name = known[chance.below(known.size())]->name;
    if (std::ranges::all_of(known, [&](const TopicPtr& t) { return t->name != name || t->being == Being::Gone; })) {
      made.name = name;
    }
  }
  made.flushes = swarm.flushes_everywhere || (swarm.some_topics_flush && chance.one_in(2));
  made.always_flushed = made.flushes;
  made.expires = swarm.some_topics_expire && chance.one_in(2);
  made.compacts = swarm.some_topics_compact && !made.expires && chance.one_in(2);
  const TopicPtr topic = stage_.topics.add(std::move(made));

  protocol::CreateTopicsRequest request;
  protocol::CreateTopicsRequest::CreatableTopic wanted;
  wanted.name = protocol::Text::owned(topic->name);
  wanted.num_partitions = topic->partitions;
  wanted.replication_factor = 1;
  const auto configure = [&wanted](std::string_view name, int64_t value) {
    auto& config = wanted.configs.emplace_back();
    config.name = protocol::Text::owned(name);
    config.value = protocol::Text::owned(fmt::format("{}", value));
  };
  configure("internal.segment.bytes", swarm.segment_bytes);
  configure("index.interval.bytes", swarm.index_interval_bytes);
  configure("file.delete.delay.ms", swarm.file_delete_delay_ms);
  if (topic->flushes && !swarm.flushes_everywhere) {
    configure("flush.messages", 1);
  }
  if (topic->compacts) {
    auto& config = wanted.configs.emplace_back();
    config.name = "cleanup.policy";
    config.value = protocol::Text("compact");
  }
  if (topic->compacts || swarm.changes_policies) {
    configure("min.cleanable.dirty.ratio", 0);
  }
  if (topic->expires) {
    if (chance.one_in(2)) {
      configure("retention.bytes", 4 * swarm.segment_bytes);
    } else {
      configure("retention.ms", 500);
    }
  }
  request.topics.push_back(std::move(wanted));
  request.timeout_ms = timeout_ms;
  CO_TRY(const auto answer, co_await client.call<protocol::CreateTopicsResponse>(request, create_topics_version));
  const auto& result = answer.message.topics.at(0);
  if (was_done("creating " + topic->name, result.error_code)) {
    topic->id = TopicId(result.topic_id);
    topic->being = Being::There;
  }
  co_return Result<>{};
}

runtime::Async<> Admin::delete_topic(Client& client, TopicPtr topic) {
  const auto there = std::ranges::count(stage_.topics.all(), Being::There, [](const TopicPtr& t) { return t->being; });
  if (there < 2) {
    co_return Result<>{};
  }
  protocol::DeleteTopicsRequest request;
  protocol::DeleteTopicsRequest::DeleteTopicState state;
  state.topic_id = topic->id.uuid();
  request.topics.push_back(std::move(state));
  request.timeout_ms = timeout_ms;
  topic->being = Being::MayBeDeleted;
  CO_TRY(const auto answer, co_await client.call<protocol::DeleteTopicsResponse>(request, delete_topics_version));
  if (was_done("deleting " + topic->name, answer.message.responses.at(0).error_code)) {
    topic->being = Being::Gone;
  }
  co_return Result<>{};
}

runtime::Async<> Admin::delete_records(Client& client, TopicPtr topic) {
  if (topic->compacts) {
    co_return Result<>{};
  }
  runtime::Random& chance = stage_.world.chance();
  const auto index = static_cast<int32_t>(chance.below(static_cast<uint64_t>(topic->partitions)));
  const Offset before = stage_.history.some_offset(topic->partition(index), chance);
  protocol::DeleteRecordsRequest request;
  protocol::DeleteRecordsRequest::DeleteRecordsTopic of;
  of.name = protocol::Text::owned(topic->name);
  protocol::DeleteRecordsRequest::DeleteRecordsPartition partition;
  partition.partition_index = index;
  partition.offset = before.raw();
  of.partitions.push_back(std::move(partition));
  request.topics.push_back(std::move(of));
  request.timeout_ms = timeout_ms;
  stage_.history.allow_start(topic->partition(index), before);
  CO_TRY(const auto answer, co_await client.call<protocol::DeleteRecordsResponse>(request, delete_records_version));
  const auto& result = answer.message.topics.at(0).partitions.at(0);
  const auto error = static_cast<ErrorCode>(result.error_code);
  // Beyond the end after a power cut; below the start after another deletion.
  const bool is_excused = error == ErrorCode::OffsetOutOfRange || error == ErrorCode::UnknownTopicOrPartition;
  if (!is_excused && was_done(fmt::format("deleting records of {}-{}", topic->name, index), result.error_code) &&
      Offset{result.low_watermark} < before) {
    stage_.fail(fmt::format("{}-{}: records below {} were to be deleted, and the log starts at {}", topic->name, index,
                            before, result.low_watermark));
  }
  co_return Result<>{};
}

// Turns flush.messages=1 on or off, makes segments and the gaps in their indexes larger or smaller, or changes what is
// done with old records.
runtime::Async<> Admin::alter(Client& client, TopicPtr topic) {
  runtime::Random& chance = stage_.world.chance();
  if (stage_.swarm.changes_policies && chance.one_in(2)) {
    constexpr std::string_view policies[] = {"delete", "compact", "compact,delete"};
    const std::string_view policy = policies[chance.below(std::size(policies))];
    topic->compacts = topic->compacts || policy != "delete";  // gaps that were made stay
    CO_TRY(co_await set(client, topic, "cleanup.policy", std::string(policy)));
    co_return Result<>{};
  }
  if (stage_.swarm.flushes_everywhere || chance.one_in(2)) {
    const bool of_segment = chance.one_in(2);
    const uint64_t value = of_segment ? uint64_t{6'000} << chance.below(5) : chance.below(5'000);
    CO_TRY(co_await set(client, topic, of_segment ? "internal.segment.bytes" : "index.interval.bytes",
                        fmt::format("{}", value)));
    co_return Result<>{};
  }
  const bool wanted = !topic->flushes;
  // Until it is known to be on, nothing is promised.
  topic->flushes = false;
  topic->always_flushed = false;
  ++topic->flush_changes;
  CO_TRY(const bool is_set,
         co_await set(client, topic, "flush.messages", wanted ? std::optional<std::string>("1") : std::nullopt));
  if (is_set) {
    topic->flushes = wanted;
    ++topic->flush_changes;
  }
  co_return Result<>{};
}

// Without a value: back to the default. Whether it was done.
runtime::Async<bool> Admin::set(Client& client, TopicPtr topic, std::string_view name,
                                std::optional<std::string> value) {
  protocol::IncrementalAlterConfigsRequest request;
  protocol::IncrementalAlterConfigsRequest::AlterConfigsResource resource;
  resource.resource_type = topic_resource;
  resource.resource_name = protocol::Text::owned(topic->name);
  protocol::IncrementalAlterConfigsRequest::AlterableConfig config;
  config.name = protocol::Text::owned(name);
  config.config_operation = value ? set_config : delete_config;
  if (value) {
    config.value = protocol::Text::owned(*value);
  }
  resource.configs.push_back(std::move(config));
  request.resources.push_back(std::move(resource));
  CO_TRY(const auto answer,
         co_await client.call<protocol::IncrementalAlterConfigsResponse>(request, alter_configs_version));
  if (topic->being != Being::There) {
    co_return false;  // it was deleted meanwhile, and the answer may say so
  }
  co_return was_done("changing the configuration of " + topic->name, answer.message.responses.at(0).error_code);
}

runtime::Async<> Admin::check_metadata(Client& client) {
  protocol::MetadataRequest request;
  request.topics = std::nullopt;  // all
  request.allow_auto_topic_creation = false;
  CO_TRY(const auto answer, co_await client.call<protocol::MetadataResponse>(request, metadata_version));
  const auto& listed = answer.message.topics;
  for (const TopicPtr& topic : stage_.topics.all()) {
    const auto found = std::ranges::find_if(listed, [&](const auto& other) {
      return topic->being == Being::MayBeMade ? other.name && other.name->view() == topic->name
                                              : TopicId(other.topic_id) == topic->id;
    });
    const bool is_there = found != listed.end();
    if (topic->being == Being::There && !is_there) {
      stage_.fail(fmt::format("{} was made, and is not in the metadata", topic->name));
    }
    if (topic->being == Being::Gone && topic->id != TopicId{} && is_there) {
      stage_.fail(fmt::format("{} was deleted, and is in the metadata", topic->name));
    }
    if (topic->being == Being::Gone || !is_there) {
      topic->being = Being::Gone;
      continue;
    }
    topic->id = TopicId(found->topic_id);
    topic->being = Being::There;
    if (found->partitions.size() != static_cast<size_t>(topic->partitions)) {
      stage_.fail(fmt::format("{} was made with {} partitions and has {}", topic->name, topic->partitions,
                              found->partitions.size()));
    }
  }
  for (const auto& other : listed) {
    if (!other.is_internal && std::ranges::none_of(stage_.topics.all(), [&](const TopicPtr& topic) {
          return topic->id == TopicId(other.topic_id);
        })) {
      stage_.fail(fmt::format("nobody made {}", other.name ? other.name->view() : ""));
    }
  }
  co_return Result<>{};
}

}  // namespace odradek::sim
