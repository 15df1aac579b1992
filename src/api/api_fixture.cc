// With ODRADEK_TEST_SHARDS the tests of this folder run on so many shards.
#include "api/api_fixture.h"

#include <gtest/gtest.h>

#include "api/produce.h"
#include "metadata/metadata_delta.h"
#include "protocol/error_code.h"
#include "record/batch_reader.h"
#include "runtime/file.h"

namespace odradek::api {

namespace {

constexpr auto log_directory = "/data";
constexpr DirectoryId log_directory_id{Uuid{7, 8}};

metadata::MetadataRecord this_broker() {
  protocol::RegisterBrokerRecord broker;
  broker.broker_id = test_node.raw();
  broker.incarnation_id = Uuid{1, 2};
  broker.broker_epoch = 3;
  broker.fenced = false;
  broker.rack.reset();
  auto& endpoint = broker.end_points.emplace_back();
  endpoint.name = "PLAINTEXT";
  endpoint.host = "localhost";
  endpoint.port = 9092;
  return broker;
}

std::vector<metadata::MetadataRecord> topic_records(std::string_view name, TopicId id, int32_t partitions) {
  std::vector<metadata::MetadataRecord> records;
  protocol::TopicRecord topic;
  topic.name = protocol::Text::owned(name);
  topic.topic_id = id.uuid();
  records.emplace_back(std::move(topic));
  for (int32_t i = 0; i < partitions; ++i) {
    protocol::PartitionRecord partition;
    partition.partition_id = i;
    partition.topic_id = id.uuid();
    partition.replicas = {test_node.raw()};
    partition.isr = {test_node.raw()};
    partition.leader = test_node.raw();
    partition.leader_epoch = 0;
    partition.partition_epoch = 0;
    partition.directories = {log_directory_id.uuid()};
    records.emplace_back(std::move(partition));
  }
  return records;
}

}  // namespace

// Creates and deletes topics, sets configurations, gives producer ids; of the rest it knows nothing.
class TestCluster::Controller final : public machine::ControllerChannel {
 public:
  explicit Controller(TestCluster& cluster) : cluster_(cluster) {}

  runtime::Async<protocol::CreateTopicsResponse> call(machine::CallContext,
                                                      const protocol::CreateTopicsRequest& request) override {
    CO_TRY(check());
    protocol::CreateTopicsResponse response;
    for (const auto& topic : request.topics) {
      const TopicId id(runtime::Shard::current().random().uuid());
      const int32_t partitions = std::max(topic.num_partitions, 1);
      if (!request.validate_only) {
        co_await cluster_.apply(topic_records(topic.name, id, partitions));
      }
      auto& result = response.topics.emplace_back();
      result.name = topic.name;
      result.topic_id = id.uuid();
      result.num_partitions = partitions;
      result.replication_factor = 1;
    }
    co_return response;
  }

  runtime::Async<protocol::DeleteTopicsResponse> call(machine::CallContext,
                                                      const protocol::DeleteTopicsRequest& request) override {
    CO_TRY(check());
    protocol::DeleteTopicsResponse response;
    for (const auto& state : request.topics) {
      const metadata::TopicImage* topic =
          state.name ? cluster_.image()->topic(state.name->view()) : cluster_.image()->topic(TopicId(state.topic_id));
      auto& result = response.responses.emplace_back();
      result.name = state.name;
      result.topic_id = state.topic_id;
      if (topic == nullptr) {
        result.error_code = static_cast<int16_t>(protocol::ErrorCode::UnknownTopicOrPartition);
        continue;
      }
      protocol::RemoveTopicRecord record;
      record.topic_id = topic->id.uuid();
      std::vector<metadata::MetadataRecord> records;
      records.emplace_back(record);
      co_await cluster_.apply(std::move(records));
    }
    co_return response;
  }

  runtime::Async<protocol::IncrementalAlterConfigsResponse> call(
      machine::CallContext, const protocol::IncrementalAlterConfigsRequest& request) override {
    CO_TRY(check());
    protocol::IncrementalAlterConfigsResponse response;
    std::vector<metadata::MetadataRecord> records;
    for (const auto& resource : request.resources) {
      for (const auto& option : resource.configs) {
        protocol::ConfigRecord record;
        record.resource_type = resource.resource_type;
        record.resource_name = resource.resource_name;
        record.name = option.name;
        record.value = option.value;
        records.emplace_back(std::move(record));
      }
      auto& result = response.responses.emplace_back();
      result.resource_type = resource.resource_type;
      result.resource_name = resource.resource_name;
    }
    co_await cluster_.apply(std::move(records));
    co_return response;
  }

  runtime::Async<protocol::AllocateProducerIdsResponse> call(machine::CallContext,
                                                             const protocol::AllocateProducerIdsRequest&) override {
    CO_TRY(check());
    co_await runtime::sleep_for(std::chrono::milliseconds(1));
    protocol::AllocateProducerIdsResponse response;
    response.producer_id_start = std::exchange(next_producer_id_, next_producer_id_ + 1000);
    response.producer_id_len = 1000;
    co_return response;
  }

  runtime::Async<protocol::CreatePartitionsResponse> call(machine::CallContext,
                                                          const protocol::CreatePartitionsRequest&) override {
    return empty<protocol::CreatePartitionsResponse>();
  }
  runtime::Async<protocol::AlterConfigsResponse> call(machine::CallContext,
                                                      const protocol::AlterConfigsRequest&) override {
    return empty<protocol::AlterConfigsResponse>();
  }
  runtime::Async<protocol::UpdateFeaturesResponse> call(machine::CallContext,
                                                        const protocol::UpdateFeaturesRequest&) override {
    return empty<protocol::UpdateFeaturesResponse>();
  }
  runtime::Async<protocol::ElectLeadersResponse> call(machine::CallContext,
                                                      const protocol::ElectLeadersRequest&) override {
    return empty<protocol::ElectLeadersResponse>();
  }
  runtime::Async<protocol::AlterPartitionReassignmentsResponse> call(
      machine::CallContext, const protocol::AlterPartitionReassignmentsRequest&) override {
    return empty<protocol::AlterPartitionReassignmentsResponse>();
  }
  runtime::Async<protocol::ListPartitionReassignmentsResponse> call(
      machine::CallContext, const protocol::ListPartitionReassignmentsRequest&) override {
    return empty<protocol::ListPartitionReassignmentsResponse>();
  }
  runtime::Async<protocol::DescribeQuorumResponse> call(machine::CallContext,
                                                        const protocol::DescribeQuorumRequest&) override {
    return empty<protocol::DescribeQuorumResponse>();
  }
  runtime::Async<protocol::AssignReplicasToDirsResponse> call(machine::CallContext,
                                                              const protocol::AssignReplicasToDirsRequest&) override {
    return empty<protocol::AssignReplicasToDirsResponse>();
  }

 private:
  Result<> check() {
    ++cluster_.controller_calls;
    return cluster_.refusal ? Result<>(std::unexpected(*cluster_.refusal)) : Result<>();
  }
  template <typename Response>
  runtime::Async<Response> empty() {
    CO_TRY(check());
    co_return Response();
  }

  TestCluster& cluster_;
  int64_t next_producer_id_ = 0;
};

TestCluster::ShardParts::ShardParts(TestCluster& cluster)
    : fetch_sessions(1000),
      producer_ids(*cluster.controller_, test_node),
      services{.broker = cluster.identity_,
               .partitions = cluster.router_,
               .images = images,
               .controller = *cluster.controller_,
               .config = cluster.config,
               .fetch_sessions = fetch_sessions,
               .producer_ids = producer_ids,
               .groups = cluster.groups_,
               .stopping = stopping} {}

TestCluster::TestCluster(runtime::ShardSet& shards)
    : shards_(shards),
      identity_{.id = test_node,
                .cluster_id = "test-cluster",
                .log_directories = {{.path = log_directory, .id = log_directory_id}}},
      router_(shards),
      groups_(router_),
      controller_(std::make_unique<Controller>(*this)) {
  auto loaded = config::BrokerConfig::load({}, {.root = false, .home = "/home/test"});
  ensure(loaded.has_value(), "a broker starts without any configuration");
  config = std::make_shared<config::BrokerConfig>(*std::move(loaded));
  parts_.resize(shards.size());
}

TestCluster::~TestCluster() = default;

runtime::Task<void> TestCluster::start() {
  co_await shards_.on_all([this] { return start_shard(); });
  std::vector<metadata::MetadataRecord> records;
  records.push_back(this_broker());
  co_await apply(std::move(records));
}

runtime::Task<void> TestCluster::start_shard() {
  const runtime::ShardId here = runtime::Shard::current().id();
  parts_[here.raw()] = std::make_unique<ShardParts>(*this);
  auto owns = [this, here](const PartitionId& id) { return router_.owner(id) == here; };
  auto rules_of = [this](const metadata::MetadataImage&, std::string_view topic) {
    const auto found = rules.find(topic);
    return found == rules.end() ? replication::TopicRules() : found->second;
  };
  router_.set_table(here, std::make_unique<replication::PartitionTable>(test_node, identity_.log_directories,
                                                                        std::move(owns), std::move(rules_of)));
  ShardParts& parts = *parts_[here.raw()];
  parts.groups =
      std::make_unique<coordinator::GroupCoordinator>(test_node, parts.images, router_.local(), group_options);
  groups_.set(here, parts.groups.get());
  co_return;
}

runtime::Task<void> TestCluster::stop() {
  co_await shards_.on_all([this] { return stop_shard(); });
}

runtime::Task<void> TestCluster::stop_shard() {
  co_await parts_[runtime::Shard::current().id().raw()]->groups->stop();
  [[maybe_unused]] const auto closed = co_await router_.local().close([](size_t) {});
}

runtime::Task<void> TestCluster::apply(std::vector<metadata::MetadataRecord> records) {
  metadata::MetadataDelta delta(image_);
  for (const metadata::MetadataRecord& record : records) {
    ensure(delta.replay(record).has_value(), "the record fits the image");
  }
  metadata::ImagePosition position = image_->position();
  position.offset = position.offset + static_cast<int64_t>(records.size());
  const metadata::ImageUpdate update = std::move(delta).finish(position);
  image_ = update.image;
  co_await shards_.on_all([this, &update] { return publish(update); });
}

runtime::Task<void> TestCluster::reload_groups() {
  metadata::ImageChanges changes;
  image_->for_each_topic([&](const metadata::TopicImage& topic) {
    auto& changed = changes.topics.emplace_back();
    changed.name = topic.name;
    changed.id = topic.id;
    for (int32_t index = 0; index < topic.partition_count(); ++index) {
      changed.partitions.insert(PartitionIndex{index});
    }
  });
  const metadata::ImageUpdate update{
      .before = image_, .image = image_, .changes = std::make_shared<const metadata::ImageChanges>(std::move(changes))};
  co_await shards_.on_all([this, &update]() -> runtime::Task<void> {
    const runtime::ShardId here = runtime::Shard::current().id();
    ShardParts& parts = *parts_[here.raw()];
    co_await parts.groups->stop();
    parts.groups =
        std::make_unique<coordinator::GroupCoordinator>(test_node, parts.images, router_.local(), group_options);
    groups_.set(here, parts.groups.get());
    parts.groups->apply(update);
  });
}

runtime::Task<void> TestCluster::publish(const metadata::ImageUpdate& update) {
  replication::PartitionTable& table = router_.local();
  table.apply(update);
  ShardParts& parts = *parts_[runtime::Shard::current().id().raw()];
  parts.images.publish(update);
  parts.groups->apply(update);
  co_await table.settled();
}

ApiTest::ApiTest() : cluster(sim), connection{.peer = {.host = "127.0.0.1", .port = 40000}, .listener = "PLAINTEXT"} {
  EXPECT_TRUE(run(files().create_directories(log_directory)).has_value());
  run(cluster.start());
}

ApiTest::~ApiTest() { run(cluster.stop()); }

TopicId ApiTest::create_topic(std::string_view name, int32_t partitions) {
  const TopicId id(shard().random().uuid());
  apply(topic_records(name, id, partitions));
  return id;
}

int64_t ApiTest::append(std::string_view topic, int32_t partition, Bytes records) {
  protocol::ProduceRequest request;
  request.acks = 1;
  auto& data = request.topic_data.emplace_back();
  data.name = protocol::Text::owned(topic);
  auto& wish = data.partition_data.emplace_back();
  wish.index = partition;
  wish.records = Blob(std::move(records));
  const auto answer = call(produce, 12, std::move(request));
  const auto& told = (*answer)->responses.at(0).partition_responses.at(0);
  EXPECT_EQ(told.error_code, 0);
  return told.base_offset;
}

void ApiTest::move_leader(TopicId topic, int32_t partition, NodeId to) {
  protocol::PartitionRecord record;
  record.partition_id = partition;
  record.topic_id = topic.uuid();
  record.replicas = {test_node.raw(), to.raw()};
  record.isr = {to.raw()};
  record.leader = to.raw();
  record.leader_epoch = 5;
  record.partition_epoch = 5;
  record.directories = {log_directory_id.uuid(), Uuid()};
  std::vector<metadata::MetadataRecord> records;
  records.emplace_back(std::move(record));
  apply(std::move(records));
}

RequestContext& ApiTest::context(protocol::ApiKey api, int16_t version) {
  return contexts_.emplace_back(RequestContext{.api_key = api,
                                               .api_version = version,
                                               .correlation_id = 1,
                                               .client_id = client_id,
                                               .connection = &connection,
                                               .services = &services(),
                                               .frame = nullptr,
                                               .appended = [this] { ++appended_calls; }});
}

Bytes test_batch(const std::vector<std::string>& values, record::BatchOptions options, int64_t timestamp) {
  record::BatchBuilder builder(options);
  for (const std::string& value : values) {
    builder.append({.timestamp = timestamp++, .key = as_bytes("key"), .value = as_bytes(value), .headers = {}});
  }
  return builder.finish();
}

std::vector<std::string> values_in(const Blob& records) {
  Bytes bytes(records.size());
  if (records.in_memory()) {
    bytes.assign(records.view().begin(), records.view().end());
  } else {
    const auto* file = dynamic_cast<const runtime::HeldFile*>(records.file().get());
    EXPECT_EQ(file->read(records.position(), bytes).value_or(0), bytes.size());
  }
  std::vector<std::string> values;
  record::BatchScanner batches((ByteView(bytes)));
  for (auto batch = batches.next(); batch && *batch; batch = batches.next()) {
    record::RecordReader reader((*batch)->bytes);
    for (auto read = reader.next_record(); read && *read; read = reader.next_record()) {
      values.emplace_back(as_text((*read)->value.value_or(ByteView())));
    }
  }
  return values;
}

}  // namespace odradek::api
