#include "runtime/sim/sim_disk.h"

#include <string>

#include "runtime/sim/sim_test.h"
#include "runtime/task_group.h"

namespace odradek::runtime {
namespace {

// Runs with ODRADEK_TEST_SHARDS shards.
class SimDiskTest : public SimTest {
 protected:
  SimDiskTest() {
    EXPECT_TRUE(disk().create_directories("/data").has_value());
    EXPECT_TRUE(disk().sync_directory("/").has_value());
  }
  std::unique_ptr<File> open(std::string name, OpenMode mode = OpenMode::Create) {
    auto file = run(files().open(std::make_shared<DirectoryPath>("/data"), std::move(name), mode));
    EXPECT_TRUE(file.has_value());
    return *std::move(file);
  }
  void write(File& file, uint64_t position, const std::string& text) {
    EXPECT_TRUE(run(file.write(position, {as_bytes(text)})).has_value());
  }
  std::string contents(const std::string& name) {
    const auto bytes = run(files().read_file("/data/" + name));
    return bytes ? std::string(as_text(*bytes)) : std::string(odradek::name(bytes.error().code));
  }
};

TEST_F(SimDiskTest, WhatWasSyncedSurvivesAndTheRestDoesNot) {
  auto file = open("a");
  write(*file, 0, "synced");
  ASSERT_TRUE(run(file->sync()).has_value());
  ASSERT_TRUE(run(files().sync_directory("/data")).has_value());
  write(*file, 0, "SYNCED, not");
  open("b");
  disk().crash_to_synced();
  EXPECT_EQ(contents("a"), "synced");
  EXPECT_EQ(contents("b"), "NotFound");
}

TEST_F(SimDiskTest, ASyncedFileWithoutItsNameIsGone) {
  auto file = open("a");
  write(*file, 0, "synced");
  ASSERT_TRUE(run(file->sync()).has_value());
  disk().crash_to_synced();
  EXPECT_EQ(contents("a"), "NotFound");
}

TEST_F(SimDiskTest, ATruncationNotSyncedIsUndone) {
  auto file = open("a");
  write(*file, 0, std::string(10'000, 'x'));
  ASSERT_TRUE(run(file->sync()).has_value());
  ASSERT_TRUE(run(files().sync_directory("/data")).has_value());
  ASSERT_TRUE(run(file->truncate(5'000)).has_value());
  ASSERT_TRUE(run(file->truncate(20'000)).has_value());
  disk().crash_to_synced();
  EXPECT_EQ(contents("a"), std::string(10'000, 'x'));
}

TEST_F(SimDiskTest, ReplacingAFileLeavesTheOldOrTheNewWhateverSurvives) {
  for_seeds(1, 200, [](SimRuntime& seeded) {
    FileSystem& files = seeded.at(ShardId{0}).files();
    ASSERT_TRUE(seeded.disk().create_directories("/data").has_value());
    ASSERT_TRUE(seeded.disk().sync_directory("/").has_value());
    const Bytes before(9'000, 'o');
    const Bytes after(5'000, 'n');
    ASSERT_TRUE(seeded.run(files.replace_file("/data/c", before)).has_value());
    // The power goes at some point on the way.
    TaskGroup group;
    group.spawn([](FileSystem& disk_files, Bytes bytes) -> Task<void> {
      static_cast<void>(co_await disk_files.replace_file("/data/c", std::move(bytes)));
    }(files, after));
    seeded.run_for(Duration(seeded.chance().below(2'000'000)));
    seeded.disk().crash();
    seeded.run(group.join());
    const auto left = seeded.run(files.read_file("/data/c"));
    ASSERT_TRUE(left.has_value());
    EXPECT_TRUE(*left == before || *left == after);
  });
}

TEST_F(SimDiskTest, UnsyncedPagesSurviveOneByOne) {
  bool tore = false;
  for_seeds(1, 30, [&tore](SimRuntime& seeded) {
    FileSystem& files = seeded.at(ShardId{0}).files();
    ASSERT_TRUE(seeded.run(files.replace_file("/a", Bytes(8 * SimNode::page_size, 'o'))).has_value());
    auto file = seeded.run(files.open(std::make_shared<DirectoryPath>(""), "a", OpenMode::Write));
    const Bytes changed(8 * SimNode::page_size, 'n');
    ASSERT_TRUE(seeded.run((*file)->write(0, {ByteView(changed)})).has_value());
    seeded.disk().crash();
    const auto left = seeded.run(files.read_file("/a"));
    ASSERT_EQ(left->size(), changed.size());
    for (size_t i = 0; i < left->size(); ++i) {
      ASSERT_EQ(left->at(i), left->at(i / SimNode::page_size * SimNode::page_size));
    }
    tore = tore || (left->front() != left->back());
  });
  EXPECT_TRUE(tore);
}

TEST_F(SimDiskTest, AFileOpenedBeforeThePowerWentIsDead) {
  auto file = open("a");
  disk().crash();
  EXPECT_EQ(run(file->size()).error().code, Errc::Io);
}

TEST_F(SimDiskTest, AFullDiskRefusesWithNoSpaceAndTakesMoreWhenThereIsRoom) {
  auto file = open("a");
  disk().faults().capacity_bytes = 1'000;
  const std::string text(600, 'x');
  write(*file, 0, text);
  EXPECT_EQ(run(file->write(600, {as_bytes(text)})).error().code, Errc::NoSpace);
  disk().faults().capacity_bytes = 10'000;
  write(*file, 600, text);
  EXPECT_EQ(contents("a").size(), 1'200U);
}

TEST_F(SimDiskTest, FaultsFailOperationsNowAndThen) {
  auto file = open("a");
  disk().faults().io_error_one_in = 4;
  int failed = 0;
  for (int i = 0; i < 100; ++i) {
    failed += run(file->size()).has_value() ? 0 : 1;
  }
  EXPECT_GT(failed, 5);
  EXPECT_LT(failed, 60);
}

TEST_F(SimDiskTest, PagesOfAFailedSyncMayBeLostThoughTheNextOneSucceeds) {
  int lost = 0;
  for (int round = 0; round < 20; ++round) {
    const std::string name = "f" + std::to_string(round);
    auto file = open(name);
    ASSERT_TRUE(run(files().sync_directory("/data")).has_value());
    write(*file, 0, std::string(20'000, 'x'));
    disk().faults().sync_error_one_in = 1;
    EXPECT_EQ(run(file->sync()).error().code, Errc::Io);
    disk().faults().sync_error_one_in = 0;
    EXPECT_EQ(contents(name), std::string(20'000, 'x'));  // the page cache still has it
    EXPECT_TRUE(run(file->sync()).has_value());
    disk().crash_to_synced();
    lost += contents(name) != std::string(20'000, 'x') ? 1 : 0;
    EXPECT_EQ(contents(name).size(), 20'000);
  }
  EXPECT_GT(lost, 10);
}

TEST_F(SimDiskTest, ALostPageThatIsWrittenAgainCanBeSynced) {
  auto file = open("a");
  ASSERT_TRUE(run(files().sync_directory("/data")).has_value());
  write(*file, 0, std::string(20'000, 'x'));
  disk().faults().sync_error_one_in = 1;
  EXPECT_FALSE(run(file->sync()).has_value());
  disk().faults().sync_error_one_in = 0;
  write(*file, 0, std::string(20'000, 'y'));
  EXPECT_TRUE(run(file->sync()).has_value());
  disk().crash_to_synced();
  EXPECT_EQ(contents("a"), std::string(20'000, 'y'));
}

TEST_F(SimDiskTest, WhatIsWrittenWhileASyncTakesItsTimeMayNotBeOnTheDisk) {
  int lost = 0;
  for (int round = 0; round < 20; ++round) {
    const std::string name = "f" + std::to_string(round);
    auto file = open(name);
    ASSERT_TRUE(run(files().sync_directory("/data")).has_value());
    disk().faults().sync_delay_max = std::chrono::milliseconds(100);
    TaskGroup group;
    group.spawn([](File& to) -> Task<void> { static_cast<void>(co_await to.sync()); }(*file));
    sim.run_for(std::chrono::milliseconds(50));
    write(*file, 0, "x");
    run(group.join());
    disk().crash_to_synced();
    lost += contents(name).empty() ? 1 : 0;
  }
  EXPECT_GT(lost, 2);
  EXPECT_LT(lost, 18);
}

TEST_F(SimDiskTest, FaultsCanBeLimitedToAPath) {
  ASSERT_TRUE(disk().create_directories("/other").has_value());
  disk().faults().is_dead = true;
  disk().faults().under = "/other";
  auto file = open("a");
  write(*file, 0, "x");
  EXPECT_EQ(run(files().list("/other")).error().code, Errc::Io);
}

TEST_F(SimDiskTest, SyncingOneFileSystemLeavesTheOthers) {
  ASSERT_TRUE(disk().create_directories("/other").has_value());
  ASSERT_TRUE(disk().sync_directory("/").has_value());
  auto file = open("a");
  write(*file, 0, "x");
  ASSERT_TRUE(run(files().sync_all("/other")).has_value());
  disk().crash_to_synced();
  EXPECT_EQ(contents("a"), "NotFound");
}

TEST_F(SimDiskTest, HeldBackWritesGoWithTheProcess) {
  disk().lies().holds_back_writes_to = ".log";
  SimProcess& writer = sim.start_process(1);
  writer.start([]() -> Task<void> {
    auto file =
        co_await Shard::current().files().open(std::make_shared<DirectoryPath>("/data"), "a.log", OpenMode::Create);
    static_cast<void>(co_await (*file)->write(0, {as_bytes("first")}));
    co_await sleep_for(std::chrono::hours(1));
  }());
  sim.run_for(std::chrono::seconds(1));
  EXPECT_EQ(contents("a.log"), "first");
  sim.kill(writer);
  EXPECT_NE(contents("a.log"), "first");
}

TEST_F(SimDiskTest, ASyncThatIsSkippedMakesNothingDurable) {
  disk().lies().skips_sync_of = ".log";
  auto log = open("a.log");
  auto other = open("b");
  ASSERT_TRUE(run(files().sync_directory("/data")).has_value());
  write(*log, 0, "x");
  write(*other, 0, "x");
  ASSERT_TRUE(run(log->sync()).has_value());
  ASSERT_TRUE(run(other->sync()).has_value());
  disk().crash_to_synced();
  EXPECT_EQ(contents("a.log"), "");
  EXPECT_EQ(contents("b"), "x");
}

}  // namespace
}  // namespace odradek::runtime
