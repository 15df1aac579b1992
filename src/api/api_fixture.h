// A broker in memory for tests of handlers: partitions on a simulated disk, an image, and a controller that agrees to
// everything. Runs on as many shards as ODRADEK_TEST_SHARDS says.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "api/request_context.h"
#include "api/services.h"
#include "coordinator/group/group_coordinator.h"
#include "coordinator/group/group_router.h"
#include "metadata/metadata_record.h"
#include "protocol/framing.h"
#include "record/batch_builder.h"
#include "runtime/sim/sim_test.h"

namespace odradek::api {

inline constexpr NodeId test_node{1};

// What all shards know, and what the controller did to it.
class TestCluster {
 public:
  struct ShardParts {
    explicit ShardParts(TestCluster& cluster);
    metadata::ImageFeed images;
    FetchSessions fetch_sessions;
    ProducerIds producer_ids;
    Stopping stopping;
    Services services;
    std::unique_ptr<coordinator::GroupCoordinator> groups;
  };

  explicit TestCluster(runtime::ShardSet& shards);
  ~TestCluster();

  [[nodiscard]] runtime::Task<void> start();
  [[nodiscard]] runtime::Task<void> stop();

  // Publishes what the records make of the image on every shard, and returns when the directories agree with it.
  [[nodiscard]] runtime::Task<void> apply(std::vector<metadata::MetadataRecord> records);

  // The coordinators of groups let go of everything and begin anew.
  [[nodiscard]] runtime::Task<void> reload_groups();

  [[nodiscard]] const metadata::SharedImage& image() const { return image_; }
  [[nodiscard]] ShardParts& at(runtime::ShardId shard) { return *parts_[shard.raw()]; }
  [[nodiscard]] replication::PartitionRouter& router() { return router_; }
  [[nodiscard]] machine::ControllerChannel& controller() { return *controller_; }

  // Rules of topics to come, by name; defaults where there are none.
  std::map<std::string, replication::TopicRules, std::less<>> rules;
  // Set: every call of the controller fails with it.
  std::optional<Error> refusal;
  size_t controller_calls = 0;
  std::shared_ptr<config::BrokerConfig> config;
  coordinator::GroupOptions group_options;  // of shards that start

 private:
  class Controller;

  [[nodiscard]] runtime::Task<void> start_shard();
  [[nodiscard]] runtime::Task<void> stop_shard();
  [[nodiscard]] runtime::Task<void> publish(const metadata::ImageUpdate& update);

  runtime::ShardSet& shards_;
  BrokerIdentity identity_;
  replication::PartitionRouter router_;
  coordinator::GroupRouter groups_;
  std::unique_ptr<machine::ControllerChannel> controller_;
  metadata::SharedImage image_ = std::make_shared<const metadata::MetadataImage>();
  std::vector<std::unique_ptr<ShardParts>> parts_;
};

class ApiTest : public runtime::SimTest {
 protected:
  ApiTest();
  ~ApiTest() override;

  // One leader, this broker, for every partition.
  TopicId create_topic(std::string_view name, int32_t partitions = 1);
  // Produces one batch; the offset of the first.
  int64_t append(std::string_view topic, int32_t partition, Bytes records);
  void apply(std::vector<metadata::MetadataRecord> records) { run(cluster.apply(std::move(records))); }
  // Makes a topic's partition one that another node leads, in epoch 5.
  void move_leader(TopicId topic, int32_t partition, NodeId to);

  [[nodiscard]] Services& services() { return cluster.at(runtime::ShardId{0}).services; }

  // Runs the handler on the first shard. Its answer must fit into this version; what it views lives as long as the
  // test.
  template <typename Handler, typename Request>
  auto call(Handler handler, int16_t version, Request request) {
    auto handling = std::make_shared<std::invoke_result_t<Handler, RequestContext&, Request>>(
        handler(context(Request::api_key, version), std::move(request)));
    kept_.push_back(handling);
    auto answer = run(await(*handling));
    expect_fits(answer, version);
    return answer;
  }
  RequestContext& context(protocol::ApiKey api, int16_t version);

  TestCluster cluster;
  ConnectionInfo connection;
  std::string client_id = "test";
  size_t appended_calls = 0;

 private:
  template <typename Answer>
  static runtime::Task<Answer> await(runtime::Task<Answer>& handling) {
    Answer answer = co_await std::move(handling);
    co_return answer;
  }

  std::vector<std::shared_ptr<void>> kept_;  // handlers with their requests, which answers may view

  template <typename Answer>
  static void expect_fits(const Answer& answer, int16_t version) {
    if constexpr (requires { Answer::api_key; }) {
      EXPECT_TRUE(protocol::response_frame(answer, version, 1).has_value());
    } else if (answer) {
      expect_fits(*answer, version);
    }
  }

  std::deque<RequestContext> contexts_;
};

// A batch as a producer sends it: one record for each value.
[[nodiscard]] Bytes test_batch(const std::vector<std::string>& values, record::BatchOptions options = {},
                               int64_t timestamp = 1'800'000'000'000);

// The values of all records in `records`, which may be a file range.
[[nodiscard]] std::vector<std::string> values_in(const Blob& records);

}  // namespace odradek::api
