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
  expect_refused({}, Errc::InvalidConfig, "point metadata.log.dir to the directory that holds it");
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

TEST_F(BrokerTest, APartitionWhoseDiskIsNotMountedIsNotMadeAnew) {
  const std::vector<config::Property> both = {{.key = "log.dirs", .value = "/data,/more"}};
  ASSERT_TRUE(start(both).has_value());
  EXPECT_EQ(create("t", 4), 0);
  sim.run_for(promptly);
  std::vector<int32_t> away;
  for (int32_t partition = 0; partition < 4; ++partition) {
    EXPECT_EQ(produce("t", partition), 0);
    if (exists(fmt::format("/more/t-{}", partition))) {
      away.push_back(partition);
    }
  }
  ASSERT_FALSE(away.empty());
  ASSERT_LT(away.size(), 4U);
  sim.run_for(std::chrono::seconds(5));  // until the metadata says where they lie
  ASSERT_TRUE(stop());

  ASSERT_TRUE(run(files().rename("/more", "/elsewhere")).has_value());
  ASSERT_TRUE(run(files().create_directories("/more")).has_value());
  auto lock = run(files().lock("/more/.lock"));  // makes the file, so that nothing at all is to change
  ASSERT_TRUE(lock.has_value());
  lock->reset();
  const std::string says = fmt::format("partition t-{} lies in the log directory", away.front());
  expect_refused(both, Errc::InvalidConfig, says);
  expect_refused({}, Errc::InvalidConfig, says);

  ASSERT_TRUE(run(files().remove_all("/more")).has_value());
  ASSERT_TRUE(run(files().rename("/elsewhere", "/more")).has_value());
  ASSERT_TRUE(start(both).has_value());
  for (int32_t partition = 0; partition < 4; ++partition) {
    EXPECT_EQ(produce("t", partition), 1);
  }
  const std::string id = broker().log_directories()[1].id.uuid().text();
  ASSERT_TRUE(stop());

  ASSERT_TRUE(start({{.key = "odradek.lost.log.dirs", .value = id}}).has_value());
  for (int32_t partition = 0; partition < 4; ++partition) {
    EXPECT_EQ(produce("t", partition), std::ranges::find(away, partition) != away.end() ? 0 : 2);
  }
  sim.run_for(std::chrono::seconds(5));
  ASSERT_TRUE(stop());
  EXPECT_TRUE(start().has_value()) << "nothing is missed any more";
}

TEST_F(BrokerTest, PartitionsThatWereMovedByHandAreFound) {
  ASSERT_TRUE(start({{.key = "log.dirs", .value = "/data,/more"}}).has_value());
  EXPECT_EQ(create("t", 4), 0);
  for (int32_t partition = 0; partition < 4; ++partition) {
    EXPECT_EQ(produce("t", partition), 0);
  }
  sim.run_for(std::chrono::seconds(5));
  ASSERT_TRUE(stop());
  for (int32_t partition = 0; partition < 4; ++partition) {
    const std::string from = fmt::format("/more/t-{}", partition);
    if (exists(from)) {
      ASSERT_TRUE(run(files().rename(from, fmt::format("/data/t-{}", partition))).has_value());
    }
  }
  ASSERT_TRUE(start().has_value());
  for (int32_t partition = 0; partition < 4; ++partition) {
    EXPECT_EQ(produce("t", partition), 1);
  }
}

TEST_F(BrokerTest, TheMetadataMayLieInADirectoryOfItsOwn) {
  const std::vector<config::Property> apart = {{.key = "metadata.log.dir", .value = "/meta"}};
  ASSERT_TRUE(run(files().create_directories("/meta/lost+found")).has_value());
  ASSERT_TRUE(start(apart).has_value());
  EXPECT_EQ(create("t", 3), 0);
  for (int32_t partition = 0; partition < 3; ++partition) {
    EXPECT_EQ(produce("t", partition), 0);
    EXPECT_TRUE(exists(fmt::format("/data/t-{}", partition)));
  }
  ASSERT_EQ(broker().log_directories().size(), 1U);
  EXPECT_EQ(broker().log_directories().front().path, "/data");
  ASSERT_TRUE(stop());
  EXPECT_TRUE(exists("/meta/__cluster_metadata-0"));
  EXPECT_TRUE(exists("/meta/meta.properties"));
  EXPECT_FALSE(exists("/meta/.kafka_cleanshutdown")) << "that is said where partitions lie";
  EXPECT_FALSE(exists("/data/__cluster_metadata-0"));
  ASSERT_TRUE(start(apart).has_value());
  EXPECT_EQ(produce("t", 2), 1);
  ASSERT_TRUE(stop());
  expect_refused({}, Errc::InvalidConfig,
                 "/data is formatted and holds no __cluster_metadata-0: point metadata.log.dir");
  expect_refused({{.key = "metadata.log.dir", .value = "/data/meta"}}, Errc::InvalidConfig, "lies in /data");
}

TEST_F(BrokerTest, AFirstStartThatWasCutShortIsDoneAgain) {
  const std::vector<config::Property> settings = {{.key = "log.dirs", .value = "/data,/more"},
                                                  {.key = "metadata.log.dir", .value = "/more"}};
  disk().faults() = {.sync_error_one_in = 1, .under = "/more"};
  ASSERT_FALSE(start(settings).has_value());
  disk().faults() = {};
  EXPECT_TRUE(start(settings).has_value());
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
