// Runs with ODRADEK_TEST_SHARDS shards.
#include "controller/local_controller.h"

#include <chrono>

#include "controller/local_controller_fixture.h"
#include "record/batch_reader.h"

namespace odradek::controller {
namespace {

using runtime::Async;
using runtime::Task;

class LocalControllerTest : public runtime::SimTest {
 protected:
  void SetUp() override {
    const auto formatted = run(format_node());
    ASSERT_TRUE(formatted.has_value()) << formatted.error().message;
  }

  std::unique_ptr<RunningController> start(LocalControllerOptions options = {}) {
    auto started = run(start_node(sim, std::move(options)));
    EXPECT_TRUE(started.has_value()) << started.error().message;
    return started ? *std::move(started) : nullptr;
  }

  void stop(std::unique_ptr<RunningController> running) {
    const auto stopped = run(stop_node(*running));
    EXPECT_TRUE(stopped.has_value()) << stopped.error().message;
  }

  void write_bootstrap(Bytes bytes) {
    ASSERT_TRUE(run(files().replace_file(test_path + "/bootstrap.checkpoint", std::move(bytes))).has_value());
  }

  void create(RunningController& running, const std::string& name, int32_t partitions = 1) {
    const auto created = run(create_topic(running, name, partitions));
    ASSERT_TRUE(created.has_value()) << created.error().message;
    ASSERT_EQ(created->topics[0].error_code, 0) << created->topics[0].error_message->view();
  }
};

TEST_F(LocalControllerTest, ANewClusterBeginsAsKafkasDoes) {
  auto running = start();
  ASSERT_NE(running, nullptr);
  const auto& image = running->image();
  EXPECT_EQ(image.metadata_version(), 30);
  EXPECT_EQ(image.features().size(), 6U);
  EXPECT_EQ(image.feature_level("transaction.version"), 2);
  EXPECT_EQ(image.configs(metadata::ConfigResourceType::Broker, "").size(), 1U) << "min.insync.replicas";
  ASSERT_NE(image.broker(NodeId(1)), nullptr);
  EXPECT_TRUE(image.broker(NodeId(1))->may_lead());
  // LEADER_CHANGE, KRAFT_VERSION, KRAFT_VOTERS; nine bootstrap records; the controller; then the broker.
  EXPECT_EQ(running->controller->broker_epoch(), BrokerEpoch(13));
  EXPECT_EQ(running->updates.size(), 1U) << "one update of everything";
  stop(std::move(running));
}

// As Kafka formats with --release-version 3.9 and --add-scram.
TEST_F(LocalControllerTest, ANewClusterBeginsWithWhatItsDirectoryWasFormattedWith) {
  constexpr int16_t level = 21;
  MetadataSnapshot begin;
  begin.records = BootstrapRecords::of({{"metadata.version", level}}).records;
  protocol::UserScramCredentialRecord user;
  user.name = protocol::Text("someone");
  user.iterations = 4096;
  begin.records.push_back(metadata::encode_record(user, level));
  write_bootstrap(begin.encode(LeaderEpoch(0), 0));
  for (int i = 0; i < 2; ++i) {
    auto running = start();
    ASSERT_NE(running, nullptr);
    EXPECT_EQ(running->image().metadata_version(), level);
    EXPECT_EQ(running->image().features().size(), 1U);
    EXPECT_EQ(running->image().kept_records().size(), 1U) << "the user";
    create(*running, "t" + std::to_string(i));
    stop(std::move(running));
  }
}

TEST_F(LocalControllerTest, WhatCannotBeFollowedBeginsNothing) {
  MetadataSnapshot empty;
  MetadataSnapshot later;
  protocol::FeatureLevelRecord newer;
  newer.name = protocol::Text("metadata.version");
  newer.feature_level = metadata::newest_metadata_version + 1;
  later.records.push_back(metadata::encode_record(newer, metadata::newest_metadata_version));
  for (const Bytes& bytes :
       {Bytes{}, Bytes{1, 2, 3}, empty.encode(LeaderEpoch(0), 0), later.encode(LeaderEpoch(0), 0)}) {
    write_bootstrap(bytes);
    const auto read = run(read_bootstrap_records(test_path));
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().code, Errc::InvalidConfig);
    EXPECT_TRUE(read.error().message.starts_with("/data/bootstrap.checkpoint says what")) << read.error().message;
  }
}

TEST_F(LocalControllerTest, ARepliesImageIsPublishedBeforeTheReply) {
  auto running = start();
  create(*running, "x", 3);
  ASSERT_NE(running->image().topic("x"), nullptr);
  EXPECT_EQ(running->image().topic("x")->partition_count(), 3);
  EXPECT_TRUE(running->updates.back().changes->topics[0].is_created);
  stop(std::move(running));
}

TEST_F(LocalControllerTest, EachStartHasAnEpochOfItsOwnAndLeadsAnew) {
  for (int round = 1; round <= 3; ++round) {
    auto running = start();
    ASSERT_NE(running, nullptr);
    EXPECT_EQ(running->log->leading(), LeaderEpoch(round));
    create(*running, "t" + std::to_string(round));
    for (int topic = 1; topic <= round; ++topic) {
      const auto* image = running->image().topic("t" + std::to_string(topic));
      ASSERT_NE(image, nullptr);
      const auto& partition = *image->partition(PartitionIndex(0));
      EXPECT_EQ(partition.leader, NodeId(1));
      EXPECT_EQ(partition.leader_epoch, LeaderEpoch(2 * (round - topic))) << "one epoch leaving, one arriving";
    }
    stop(std::move(running));
  }
}

TEST_F(LocalControllerTest, WhatWasAnsweredSurvivesACrash) {
  auto running = start();
  create(*running, "x");
  create(*running, "y");
  disk().crash_to_synced();
  EXPECT_TRUE(run(abandon_node(*running)).has_value());
  auto again = start();
  ASSERT_NE(again, nullptr);
  EXPECT_NE(again->image().topic("x"), nullptr);
  EXPECT_NE(again->image().topic("y"), nullptr);
  EXPECT_EQ(again->image().topic("x")->partition(PartitionIndex(0))->leader_epoch, LeaderEpoch(1));
  stop(std::move(again));
}

TEST_F(LocalControllerTest, SnapshotsAreWrittenAndReadBack) {
  auto running = start({.node = {}, .bootstrap = {}, .snapshot_after_bytes = 2000});
  for (int i = 0; i < 40; ++i) {
    create(*running, "t" + std::to_string(i));
  }
  EXPECT_GT(running->log->newest_snapshot_end(), Offset(50));
  stop(std::move(running));
  auto again = start();
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->image().topic_count(), 40U);
  EXPECT_EQ(again->image().metadata_version(), 30);
  stop(std::move(again));
}

TEST_F(LocalControllerTest, TheLogOfEarlierRunsCountsForTheNextSnapshot) {
  auto running = start();
  for (int i = 0; i < 40; ++i) {
    create(*running, "t" + std::to_string(i));
  }
  stop(std::move(running));
  auto again = start({.node = {}, .bootstrap = {}, .snapshot_after_bytes = 2000});
  sim.run_for(std::chrono::seconds(1));
  EXPECT_GT(again->log->newest_snapshot_end(), Offset(50));
  stop(std::move(again));
}

TEST_F(LocalControllerTest, ATransactionThatNobodyEndedNeverHappened) {
  const auto begin = []() -> Async<> {
    CO_TRY(auto log, co_await open_log());
    CO_TRY(co_await log->claim());
    protocol::TopicRecord topic;
    topic.name = protocol::Text("half");
    topic.topic_id = Uuid{1, 1};
    RecordList records(int16_t{30});
    records.add(protocol::BeginTransactionRecord{});
    records.add(topic);
    CO_TRY(co_await log->append(std::move(records).take(), *log->leading(), log->end_offset()));
    co_return co_await log->close();
  };
  for (int i = 0; i < 3; ++i) {  // the first of them before the cluster's first records
    const auto begun = run(begin());
    ASSERT_TRUE(begun.has_value()) << begun.error().message;
    auto running = start();
    ASSERT_NE(running, nullptr);
    EXPECT_EQ(running->image().topic("half"), nullptr);
    create(*running, "t" + std::to_string(i));
    EXPECT_EQ(running->image().topic_count(), 1U + static_cast<size_t>(i));
    stop(std::move(running));
  }
}

TEST_F(LocalControllerTest, TheTwoNewestSnapshotsStay) {
  auto running = start({.node = {}, .bootstrap = {}, .snapshot_after_bytes = 500});
  for (int i = 0; i < 40; ++i) {
    create(*running, "t" + std::to_string(i));
  }
  stop(std::move(running));
  const auto inspection = run(inspect_metadata(test_metadata_path));
  ASSERT_TRUE(inspection.has_value());
  EXPECT_EQ(inspection->snapshots.size(), 2U);
}

// Checks that nothing is left out between what it hears.
class Gapless final : public machine::CommitListener {
 public:
  Result<> on_snapshot(const machine::LogSnapshot& snapshot) override {
    EXPECT_EQ(next, Offset(0));
    next = snapshot.end;
    return {};
  }
  Result<> on_commit(const machine::CommittedBatch& batch) override {
    EXPECT_EQ(batch.base, next);
    next = batch.last + 1;
    return {};
  }
  Offset next{0};
};

TEST_F(LocalControllerTest, WhoSubscribesWhileASnapshotIsWrittenMissesNothing) {
  auto running = start({.node = {}, .bootstrap = {}, .snapshot_after_bytes = 1});
  runtime::TaskGroup group;
  const auto client = [](RunningController& node) -> Task<void> {
    for (int i = 0; i < 50; ++i) {
      const auto created = co_await create_topic(node, "t" + std::to_string(i), 1);
      EXPECT_TRUE(created.has_value());
    }
  };
  const auto reader = [](RunningController& node) -> Task<void> {
    for (int i = 0; i < 50; ++i) {
      Gapless listener;
      const Result<> heard = co_await node.log->subscribe(listener);
      EXPECT_TRUE(heard.has_value());
      EXPECT_EQ(listener.next, node.log->committed_offset());
      node.log->unsubscribe(listener);
    }
  };
  group.spawn(client(*running));
  group.spawn(reader(*running));
  run(group.join());
  stop(std::move(running));
}

TEST_F(LocalControllerTest, ManyDecisionsAtOnceShareTheDisk) {
  auto running = start();
  const auto all = [](RunningController& node) -> Task<int> {
    runtime::TaskGroup group;
    int done = 0;
    const auto one = [](RunningController& on, int i, int& count) -> Task<void> {
      const auto created = co_await create_topic(on, "t" + std::to_string(i), 1);
      count += created.has_value() && created->topics[0].error_code == 0 ? 1 : 0;
    };
    for (int i = 0; i < 50; ++i) {
      group.spawn(one(node, i, done));
    }
    co_await group.join();
    co_return done;
  };
  EXPECT_EQ(run(all(*running)), 50);
  EXPECT_EQ(running->image().topic_count(), 50U);
  stop(std::move(running));
}

TEST_F(LocalControllerTest, AFullDiskFailsTheDecisionAndNothingElse) {
  auto running = start();
  create(*running, "x");
  disk().faults().capacity_bytes = 1;
  EXPECT_FALSE(run(create_topic(*running, "y", 1)).has_value());
  disk().faults().capacity_bytes = uint64_t{1} << 40;
  create(*running, "z");
  EXPECT_EQ(running->image().topic("y"), nullptr);
  EXPECT_NE(running->image().topic("z"), nullptr);
  create(*running, "y");
  stop(std::move(running));
}

TEST_F(LocalControllerTest, DescribesItselfAsTheQuorum) {
  auto running = start();
  const auto describe = [](RunningController& node, int16_t version) -> Async<protocol::DescribeQuorumResponse> {
    protocol::DescribeQuorumRequest request;
    auto& topic = request.topics.emplace_back();
    topic.topic_name = "__cluster_metadata";
    topic.partitions.emplace_back();
    co_return co_await node.controller->call({.api_version = version}, request);
  };
  const auto answer = run(describe(*running, 2));
  ASSERT_TRUE(answer.has_value());
  const auto& partition = answer->topics[0].partitions[0];
  EXPECT_EQ(partition.leader_id, 1);
  EXPECT_EQ(partition.leader_epoch, 1);
  EXPECT_EQ(partition.high_watermark, running->log->end_offset().raw());
  ASSERT_EQ(partition.current_voters.size(), 1U);
  EXPECT_EQ(partition.current_voters[0].replica_directory_id, test_directory.uuid());
  EXPECT_EQ(answer->nodes[0].listeners[0].port, 9093);
  EXPECT_TRUE(run(describe(*running, 0))->nodes.empty()) << "what version 0 cannot say";
  stop(std::move(running));
}

TEST_F(LocalControllerTest, TenThousandPartitionsAreMadeAndLedAgain) {
  auto running = start();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) {
    create(*running, "big" + std::to_string(i), 1000);
  }
  const auto made = std::chrono::steady_clock::now();
  stop(std::move(running));
  auto again = start();
  const auto restarted = std::chrono::steady_clock::now();
  EXPECT_EQ(again->image().topic("big9")->partition(PartitionIndex(999))->leader, NodeId(1));
  RecordProperty("create_ms", static_cast<int>((made - begin).count() / 1'000'000));
  RecordProperty("stop_and_start_ms", static_cast<int>((restarted - made).count() / 1'000'000));
  stop(std::move(again));
}

// Whatever the moment of the crash: what was answered is there, and the log goes on.
TEST(LocalControllerCrash, KeepsWhatItAnswered) {
  runtime::for_seeds(1, 30, [](runtime::SimRuntime& sim) {
    ASSERT_TRUE(sim.run(format_node()).has_value());
    std::vector<std::string> answered;
    for (int life = 0; life < 3; ++life) {
      auto started = sim.run(start_node(sim, {.node = {}, .bootstrap = {}, .snapshot_after_bytes = 1500}));
      ASSERT_TRUE(started.has_value()) << started.error().message;
      for (const std::string& name : answered) {
        ASSERT_NE((*started)->image().topic(name), nullptr) << name;
      }
      runtime::TaskGroup group;
      std::vector<std::string> done;
      const auto client = [](RunningController& node, std::vector<std::string>& names, int lives) -> Task<void> {
        for (int i = 0; i < 12; ++i) {
          const std::string name = "t" + std::to_string(lives) + "." + std::to_string(i);
          const auto created = co_await create_topic(node, name, 2);
          if (created && created->topics[0].error_code == 0) {
            names.push_back(name);
          }
        }
      };
      RunningController& node = **started;
      group.spawn(client(node, done, life));
      sim.run_for(runtime::Duration(static_cast<int64_t>(sim.at(runtime::ShardId{0}).random().below(6'000'000))));
      answered.insert(answered.end(), done.begin(), done.end());
      sim.disk().crash();
      sim.run(group.join());
      ASSERT_TRUE(sim.run(abandon_node(node)).has_value());
    }
  });
}

}  // namespace
}  // namespace odradek::controller
