// The life of a broker: started, stopped, started again, and refused. Runs on as many shards as ODRADEK_TEST_SHARDS
// says.
#include <cstdlib>
#include <numeric>

#include <gtest/gtest.h>

#include "app/broker_fixture.h"
#include "protocol/error_code.h"

namespace odradek::app {
namespace {

constexpr runtime::Duration promptly = std::chrono::seconds(1);

TEST_F(BrokerTest, OnAnEmptyDiskItFormatsAndListens) {
  ASSERT_TRUE(start().has_value());
  EXPECT_EQ(broker().listening(), std::vector<std::string>{"PLAINTEXT://127.0.0.1:9092"});
  ASSERT_EQ(broker().log_directories().size(), 1);
  EXPECT_EQ(broker().log_directories()[0].path, "/data");
  const std::string properties = text("/data/meta.properties");
  EXPECT_TRUE(properties.contains("node.id=1")) << properties;
  EXPECT_TRUE(properties.contains("cluster.id=" + broker().cluster_id())) << properties;
  EXPECT_EQ(create("t", 3), 0);
  EXPECT_EQ(produce("t", 2), 0);
}

TEST_F(BrokerTest, AListenerWithoutAHostIsAdvertisedByTheMachinesName) {
  ASSERT_TRUE(
      start({{.key = "listeners", .value = "PLAINTEXT://:9092"}}, {.host_name = "machine.example"}).has_value());
  const metadata::SharedImage& image = broker().parts(runtime::ShardId{0}).image();
  EXPECT_EQ(image->broker(NodeId{1})->endpoint("PLAINTEXT")->host, "machine.example");
}

TEST_F(BrokerTest, EveryShardKnowsATopicOnceItIsCreated) {
  ASSERT_TRUE(start().has_value());
  EXPECT_EQ(create("t", 3), 0);
  const std::vector<size_t> hosted = run(sim.on_all([this]() -> runtime::Task<size_t> {
    ShardParts& here = broker().parts(runtime::Shard::current().id());
    EXPECT_NE(here.image()->topic("t"), nullptr);
    co_return here.partitions().size();
  }));
  EXPECT_EQ(std::accumulate(hosted.begin(), hosted.end(), size_t{0}), 3);
}

TEST_F(BrokerTest, ACleanStopSaysSoAndHowFarEveryLogGoes) {
  ASSERT_TRUE(start().has_value());
  EXPECT_EQ(create("t", 2), 0);
  EXPECT_EQ(produce("t", 1), 0);
  EXPECT_EQ(produce("t", 1), 1);
  EXPECT_FALSE(exists("/data/.kafka_cleanshutdown"));
  EXPECT_TRUE(stop());
  EXPECT_TRUE(exists("/data/.kafka_cleanshutdown"));
  for (const std::string file : {"recovery-point-offset-checkpoint", "replication-offset-checkpoint"}) {
    const auto offsets = storage::parse_offset_checkpoint(text("/data/" + file));
    ASSERT_TRUE(offsets.has_value()) << file;
    const storage::OffsetCheckpoint wanted = {{{"t", PartitionIndex{0}}, Offset{0}},
                                              {{"t", PartitionIndex{1}}, Offset{2}}};
    EXPECT_EQ(*offsets, wanted) << file;
  }
}

TEST_F(BrokerTest, AFailureOfTheLastSyncIsToldBeforeTheStopEnds) {
  ASSERT_TRUE(start().has_value());
  bool is_told = false;
  broker().halt_by([&is_told](const Error&) { is_told = true; });
  sim.disk().faults().sync_error_one_in = 1;
  EXPECT_FALSE(stop());
  EXPECT_TRUE(is_told) << "or it is told to a broker that is gone";
}

TEST_F(BrokerTest, WhatACleanStopWroteSurvivesAPowerCut) {
  ASSERT_TRUE(start().has_value());
  const std::string cluster = broker().cluster_id();
  EXPECT_EQ(create("t", 1), 0);
  EXPECT_EQ(produce("t", 0), 0);
  EXPECT_TRUE(stop());
  disk().crash_to_synced();
  ASSERT_TRUE(exists("/data/.kafka_cleanshutdown"));
  ASSERT_TRUE(start().has_value());
  EXPECT_EQ(broker().cluster_id(), cluster);
  EXPECT_EQ(produce("t", 0), 1);
}

TEST_F(BrokerTest, ARestartKeepsTopicsAndRecords) {
  ASSERT_TRUE(start().has_value());
  const std::string cluster = broker().cluster_id();
  EXPECT_EQ(create("t", 2), 0);
  EXPECT_EQ(produce("t", 1), 0);
  ASSERT_TRUE(stop());
  ASSERT_TRUE(start().has_value());
  EXPECT_FALSE(exists("/data/.kafka_cleanshutdown")) << "the directory is in use";
  EXPECT_EQ(broker().cluster_id(), cluster);
  const auto image = broker().parts(runtime::ShardId{0}).image();
  ASSERT_NE(image->topic("t"), nullptr);
  EXPECT_EQ(image->topic("t")->partitions.size(), 2);
  EXPECT_EQ(produce("t", 1), 1);
  EXPECT_EQ(produce("t", 0), 0);
}

TEST_F(BrokerTest, AStopEndsALongPollPromptlyAndAnswersIt) {
  ASSERT_TRUE(start().has_value());
  EXPECT_EQ(create("t", 1), 0);
  std::optional<int16_t> answer;
  runtime::TaskGroup polling;
  polling.spawn(poll("t", 0, std::chrono::minutes(5), answer));
  sim.run_for(std::chrono::seconds(2));
  ASSERT_FALSE(answer.has_value()) << "there is nothing to answer yet";
  const runtime::MonotonicTime began = sim.now();
  EXPECT_TRUE(stop());
  EXPECT_LT(sim.now() - began, promptly);
  run(polling.join());
  EXPECT_EQ(answer, 0);
}

TEST_F(BrokerTest, WhereADiskFailsTheStopIsNotCalledClean) {
  ASSERT_TRUE(start().has_value());
  EXPECT_EQ(create("t", 1), 0);
  EXPECT_EQ(produce("t", 0), 0);
  disk().faults().is_dead = true;
  EXPECT_FALSE(stop());
  disk().faults().is_dead = false;
  EXPECT_FALSE(exists("/data/.kafka_cleanshutdown"));
}

TEST_F(BrokerTest, OnePartitionThatFailedMakesTheStopUnclean) {
  ASSERT_TRUE(start().has_value());
  EXPECT_EQ(create("t", 2), 0);
  EXPECT_EQ(produce("t", 0), 0);
  disk().faults().is_dead = true;
  EXPECT_EQ(produce("t", 1), -static_cast<int64_t>(protocol::ErrorCode::KafkaStorageError));
  disk().faults().is_dead = false;
  EXPECT_EQ(produce("t", 0), 1) << "the others go on";
  EXPECT_FALSE(stop());
  EXPECT_FALSE(exists("/data/.kafka_cleanshutdown"));
  ASSERT_TRUE(start().has_value());
  EXPECT_EQ(produce("t", 0), 2);
  EXPECT_EQ(produce("t", 1), 0) << "nothing of what failed was kept";
}

TEST_F(BrokerTest, ADirectoryOfAnotherNodeIsRefusedUnchanged) {
  ASSERT_TRUE(start().has_value());
  EXPECT_EQ(create("t", 1), 0);
  ASSERT_TRUE(stop());
  expect_refused({{.key = "node.id", .value = "2"}}, Errc::InvalidConfig, "/data belongs to node 1");
  EXPECT_TRUE(start().has_value()) << "its own node may still have it";
}

TEST_F(BrokerTest, DirectoriesOfTwoClustersAreRefusedUnchanged) {
  for (const std::string directory : {"/data", "/other"}) {
    ASSERT_TRUE(start({{.key = "log.dirs", .value = directory}}).has_value());
    ASSERT_TRUE(stop());
  }
  expect_refused({{.key = "log.dirs", .value = "/data,/other"}}, Errc::InvalidConfig, "/other belongs to the cluster");
}

TEST_F(BrokerTest, AFormattedDirectoryWithoutMetadataIsRefusedUnchanged) {
  ASSERT_TRUE(start().has_value());
  ASSERT_TRUE(stop());
  ASSERT_TRUE(run(files().rename("/data/__cluster_metadata-0", "/elsewhere")).has_value());
  expect_refused({}, Errc::InvalidConfig, "empty it if it holds no records");
}

TEST_F(BrokerTest, PartitionsAreSpreadOverTheLogDirectories) {
  ASSERT_TRUE(start({{.key = "log.dirs", .value = "/data,/more"}}).has_value());
  const auto count_in = [this](const std::string& path) {
    const auto names = run(files().list(path));
    EXPECT_TRUE(names.has_value());
    return std::ranges::count_if(*names, [](const auto& entry) { return entry.name.starts_with("t"); });
  };
  // Of more than two shards those that begin with the same directory may have one more there each.
  const auto uneven_max = static_cast<ptrdiff_t>(sim.size() > 2 ? sim.size() / 2 : 0);
  for (int i = 0; i < 8; i += 2) {
    EXPECT_EQ(create(fmt::format("t{}", i), 1), 0);
    EXPECT_EQ(create(fmt::format("t{}", i + 1), 1), 0);
    sim.run_for(promptly);  // the directories are made after the answer
    EXPECT_LE(std::abs(count_in("/data") - count_in("/more")), uneven_max) << "whichever shards they are on";
  }
}

TEST_F(BrokerTest, ALockedDirectoryIsRefusedUnchanged) {
  ASSERT_TRUE(start().has_value());
  ASSERT_TRUE(stop());
  auto lock = run(files().lock("/data/.lock"));
  ASSERT_TRUE(lock.has_value());
  expect_refused({}, Errc::Locked, "/data");
  lock->reset();
  EXPECT_TRUE(start().has_value());
}

TEST_F(BrokerTest, APortInUseIsRefusedBeforeTheDiskIsTouched) {
  const auto listener = run(network().listen({.host = "127.0.0.1", .port = port}, {}));
  ASSERT_TRUE(listener.has_value());
  expect_refused({}, Errc::AddressInUse, "9092");
  EXPECT_FALSE(exists("/data"));
}

}  // namespace
}  // namespace odradek::app
