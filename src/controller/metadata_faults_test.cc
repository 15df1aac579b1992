// Metadata directories that a crash, a bad disk or Kafka left: what is cut, what is fallen back on, what is refused.
#include <gtest/gtest.h>

#include <algorithm>

#include "controller/local_controller_fixture.h"
#include "record/batch_reader.h"
#include "storage/log_files.h"

namespace odradek::controller {
namespace {

using runtime::Async;

constexpr std::string_view first_segment = "00000000000000000000.log";

// Runs with ODRADEK_TEST_SHARDS shards.
class MetadataFaults : public runtime::SimTest {
 protected:
  void SetUp() override { ASSERT_TRUE(run(format_node()).has_value()); }

  std::unique_ptr<RunningController> start(uint64_t snapshot_after_bytes = uint64_t{1} << 40) {
    auto started = run(start_node(sim, {.node = {}, .bootstrap = {}, .snapshot_after_bytes = snapshot_after_bytes}));
    EXPECT_TRUE(started.has_value()) << started.error().message;
    return started ? *std::move(started) : nullptr;
  }

  // One life of the node that makes topics, as many as the name counts.
  void live(const std::string& name, int topics, uint64_t snapshot_after_bytes = uint64_t{1} << 40) {
    auto running = start(snapshot_after_bytes);
    ASSERT_NE(running, nullptr);
    for (int i = 0; i < topics; ++i) {
      const auto created = run(create_topic(*running, name + std::to_string(i), 1));
      ASSERT_TRUE(created.has_value() && created->topics[0].error_code == 0);
    }
    ASSERT_TRUE(run(stop_node(*running)).has_value());
  }

  size_t topics_after_a_start() {
    auto running = start();
    if (running == nullptr) {
      return 0;
    }
    const size_t count = running->image().topic_count();
    EXPECT_TRUE(run(stop_node(*running)).has_value());
    return count;
  }

  // What the refused start says.
  std::string refusal() {
    const auto inspection = run(inspect_metadata(test_metadata_path));
    EXPECT_FALSE(inspection.has_value());
    if (inspection) {
      return "";
    }
    EXPECT_EQ(inspection.error().code, Errc::InvalidConfig);
    return inspection.error().message;
  }

  Bytes read(std::string_view file) {
    const auto bytes = run(files().read_file(storage::join_path(test_metadata_path, file)));
    EXPECT_TRUE(bytes.has_value()) << file;
    return bytes.value_or(Bytes{});
  }
  void write(std::string_view file, Bytes contents) {
    ASSERT_TRUE(
        run(files().replace_file(storage::join_path(test_metadata_path, file), std::move(contents))).has_value());
  }
  void remove(std::string_view file) {
    ASSERT_TRUE(run(files().remove(storage::join_path(test_metadata_path, file))).has_value());
  }
  void damage(std::string_view file, size_t at) {
    Bytes contents = read(file);
    ASSERT_LT(at, contents.size());
    contents[at] ^= 0x40;
    write(file, std::move(contents));
  }

  std::vector<std::string> names() {
    std::vector<std::string> result;
    const auto entries = run(files().list(test_metadata_path));
    for (const runtime::DirectoryEntry& entry : entries.value_or(std::vector<runtime::DirectoryEntry>{})) {
      result.push_back(entry.name);
    }
    return result;
  }
  bool has(std::string_view name) { return std::ranges::count(names(), name) == 1; }
  std::vector<std::string> snapshots() {
    std::vector<std::string> result = names();
    std::erase_if(result, [](const std::string& name) { return !SnapshotId::parse(name); });
    return result;
  }

  // Where the batches of a segment begin, and where the last ends.
  static std::vector<size_t> positions(const Bytes& segment) {
    std::vector<size_t> result;
    record::BatchScanner scanner(segment);
    for (auto entry = scanner.next(); entry && *entry; entry = scanner.next()) {
      result.push_back((*entry)->position);
    }
    result.push_back(scanner.position());
    return result;
  }
};

TEST_F(MetadataFaults, ATornEndIsCutAtEveryByte) {
  auto running = start();
  ASSERT_TRUE(run(create_topic(*running, "kept", 1)).has_value());
  ASSERT_TRUE(run(create_topic(*running, "torn", 1)).has_value());
  ASSERT_TRUE(run(abandon_node(*running)).has_value());
  const Bytes whole = read(first_segment);
  const std::vector<size_t> batches = positions(whole);
  const size_t last = batches[batches.size() - 2];
  for (size_t size = last; size < whole.size(); size += 7) {
    write(first_segment, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    const auto inspection = run(inspect_metadata(test_metadata_path));
    ASSERT_TRUE(inspection.has_value()) << inspection.error().message;
    EXPECT_EQ(inspection->is_torn, size > last);
    auto again = start();
    ASSERT_NE(again, nullptr);
    EXPECT_NE(again->image().topic("kept"), nullptr);
    EXPECT_EQ(again->image().topic("torn"), nullptr);
    ASSERT_TRUE(run(stop_node(*again)).has_value());
    const auto healed = run(inspect_metadata(test_metadata_path));
    ASSERT_TRUE(healed.has_value());
    EXPECT_FALSE(healed->is_torn) << "the torn bytes lie below nothing that came later";
  }
}

TEST_F(MetadataFaults, DamageBelowALaterStartIsRefusedAndNothingIsChanged) {
  live("a", 3);
  live("b", 3);
  const Bytes whole = read(first_segment);
  const std::vector<size_t> batches = positions(whole);
  damage(first_segment, batches[2] + 70);
  const Bytes before = read(first_segment);
  const std::string why = refusal();
  EXPECT_NE(why.find(test_metadata_path + "/00000000000000000000.log is damaged at offset"), std::string::npos) << why;
  EXPECT_EQ(read(first_segment), before);
}

TEST_F(MetadataFaults, DamageBelowASnapshotIsRefused) {
  live("a", 40, 2000);
  const std::vector<size_t> batches = positions(read(first_segment));
  damage(first_segment, batches[1] + 70);
  EXPECT_NE(refusal().find(".log is damaged at offset"), std::string::npos);
}

TEST_F(MetadataFaults, ADamagedSnapshotFallsBackToOlderOnesAndTheLog) {
  live("a", 40, 2000);
  std::vector<std::string> left = snapshots();
  ASSERT_EQ(left.size(), 2U);
  const std::string newest = left.back();
  damage(newest, read(newest).size() / 2);
  EXPECT_EQ(topics_after_a_start(), 40U);
  EXPECT_TRUE(has(newest + ".damaged"));
  EXPECT_FALSE(has(newest));
  left.pop_back();
  // Cut at any place it is as if it were not there; at last the log alone tells all.
  for (; !left.empty(); left.pop_back()) {
    const Bytes contents = read(left.back());
    write(left.back(), Bytes(contents.begin(), contents.begin() + std::ssize(contents) / 3));
    EXPECT_EQ(topics_after_a_start(), 40U) << left.back();
  }
}

TEST_F(MetadataFaults, ADamagedSnapshotThatNothingReplacesIsRefused) {
  live("a", 40, 2000);
  const std::string newest = snapshots().back();
  const Bytes contents = read(newest);
  const Bytes log = read(first_segment);
  write(newest, {});
  write(first_segment, Bytes(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(positions(log)[3])));
  const std::string why = refusal();
  EXPECT_NE(why.find(newest + " is damaged, and no older snapshot"), std::string::npos) << why;
  write(newest, contents);
  EXPECT_TRUE(run(inspect_metadata(test_metadata_path)).has_value()) << "the snapshot tells more than the log";
}

TEST_F(MetadataFaults, TheFirstSnapshotOfAClusterThatNeverBeganIsNeeded) {
  damage("00000000000000000000-0000000000.checkpoint", 80);
  EXPECT_NE(refusal().find("00000000000000000000-0000000000.checkpoint is damaged"), std::string::npos);
}

TEST_F(MetadataFaults, LeftoversAreIgnoredAndRemoved) {
  live("a", 2);
  const std::vector<std::string> leftovers = {
      "00000000000000000900-0000000001.checkpoint.tmp", "00000000000000000900-0000000001-123456.checkpoint.part",
      "00000000000000000000-0000000000.checkpoint.deleted", "quorum-state.tmp", "00000000000000000900.log.deleted"};
  for (const std::string& name : leftovers) {
    write(name, {1, 2, 3});
  }
  EXPECT_EQ(topics_after_a_start(), 2U);
  for (const std::string& name : leftovers) {
    EXPECT_FALSE(has(name)) << name;
  }
}

TEST_F(MetadataFaults, ADamagedQuorumStateIsRebuiltFromTheLog) {
  live("a", 2);
  live("b", 2);
  for (const std::string_view text : {"", "{", "no json"}) {
    write("quorum-state", Bytes(text.begin(), text.end()));
    auto running = start();
    ASSERT_NE(running, nullptr);
    EXPECT_GT(running->log->leading(), LeaderEpoch(2)) << "no epoch that the log has seen";
    EXPECT_EQ(running->image().topic_count(), 4U);
    ASSERT_TRUE(run(stop_node(*running)).has_value());
    const Bytes stored = read("quorum-state");
    EXPECT_TRUE(QuorumState::parse(as_text(stored)).has_value());
  }
}

TEST_F(MetadataFaults, ADamagedQuorumStateThatAloneNamesTheVotersIsRefused) {
  remove("00000000000000000000-0000000000.checkpoint");
  write("quorum-state", {});
  EXPECT_NE(refusal().find("quorum-state is damaged"), std::string::npos);
}

TEST_F(MetadataFaults, MetadataWithoutMetaPropertiesIsNotFormattedAnew) {
  ASSERT_TRUE(run(files().remove(test_path + "/meta.properties")).has_value());
  EXPECT_TRUE(run(format_node()).has_value()) << "formatting was cut short: it is done again";
  live("a", 1);
  const Bytes log = read(first_segment);
  ASSERT_TRUE(run(files().remove(test_path + "/meta.properties")).has_value());
  const Result<> formatted = run(format_node());
  ASSERT_FALSE(formatted.has_value());
  EXPECT_EQ(formatted.error().code, Errc::InvalidConfig);
  EXPECT_NE(formatted.error().message.find("/data/meta.properties is missing"), std::string::npos);
  EXPECT_EQ(read(first_segment), log);
}

TEST_F(MetadataFaults, ANewDirectoryKnowsFromTheBeginningHowFarItIsOnTheDisk) {
  const std::string checkpoint = test_path + "/recovery-point-offset-checkpoint";
  EXPECT_TRUE(run(files().exists(checkpoint)).value_or(false));
  // Of partitions that were there before, nobody knows.
  ASSERT_TRUE(run(files().remove(checkpoint)).has_value());
  ASSERT_TRUE(run(files().remove(test_path + "/meta.properties")).has_value());
  ASSERT_TRUE(run(files().create_directories(test_path + "/topic-0")).has_value());
  ASSERT_TRUE(run(format_node()).has_value());
  EXPECT_FALSE(run(files().exists(checkpoint)).value_or(true));
}

// A node whose segments and snapshots go as soon as they may.
Async<std::unique_ptr<RunningController>> start_small(runtime::ShardSet& shards) {
  auto running = std::make_unique<RunningController>();
  CO_TRY(MetadataInspection inspection, co_await inspect_metadata(test_metadata_path));
  CO_TRY(check_metadata(inspection, NodeId(1)));
  EmbeddedVoterOptions options;
  options.place = {.directory = test_metadata_path, .partition = {"__cluster_metadata", PartitionIndex(0)}};
  options.node = NodeId(1);
  options.directory = test_directory;
  options.endpoints = {{.listener = "CONTROLLER", .host = "localhost", .port = 9093}};
  options.log.segment_bytes_max = 9000;
  options.log.deletes = false;
  options.retention_bytes_max = 6000;
  CO_TRY(running->log, co_await EmbeddedVoterLog::open(std::move(options), std::move(inspection)));
  auto* updates = &running->updates;
  running->controller = std::make_unique<LocalController>(
      shards, runtime::ShardId(0), *running->log, test_config(),
      LocalControllerOptions{.node = test_node(),
                             .bootstrap = BootstrapRecords::of(default_feature_levels()),
                             .snapshot_after_bytes = 2000},
      [updates](const metadata::ImageUpdate& update) { updates->push_back(update); });
  CO_TRY(co_await running->controller->start());
  co_return running;
}

// Whatever the moment of the power cut: what was answered is there, though segments and snapshots come and go.
TEST(MetadataPowerCuts, TakeNothingThatWasAnswered) {
  int begins_above_zero = 0;
  runtime::for_seeds(1, 8, [&](runtime::SimRuntime& sim) {
    ASSERT_TRUE(sim.run(format_node()).has_value());
    std::vector<std::string> answered;
    for (int life = 0; life < 4; ++life) {
      auto started = sim.run(start_small(sim));
      ASSERT_TRUE(started.has_value()) << started.error().message;
      RunningController& node = **started;
      begins_above_zero += node.log->start_offset() > Offset(0) ? 1 : 0;
      for (const std::string& name : answered) {
        ASSERT_NE(node.image().topic(name), nullptr) << name;
      }
      runtime::TaskGroup group;
      const auto client = [](RunningController& on, std::vector<std::string>& names, int lives,
                             int number) -> runtime::Task<void> {
        for (int i = 0; i < 12; ++i) {
          const std::string name = "t" + std::to_string(lives) + "." + std::to_string(number) + "." + std::to_string(i);
          const auto created = co_await create_topic(on, name, 2);
          if (created && created->topics[0].error_code == 0) {
            names.push_back(name);
          }
        }
      };
      std::vector<std::string> done;
      group.spawn(client(node, done, life, 1));
      group.spawn(client(node, done, life, 2));
      sim.run_for(runtime::Duration(static_cast<int64_t>(sim.at(runtime::ShardId{0}).random().below(15'000'000))));
      answered.insert(answered.end(), done.begin(), done.end());
      sim.disk().crash();
      sim.run(group.join());
      ASSERT_TRUE(sim.run(abandon_node(node)).has_value());
    }
  });
  EXPECT_GT(begins_above_zero, 0) << "no log was ever cut at its front";
}

}  // namespace
}  // namespace odradek::controller
