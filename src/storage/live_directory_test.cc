// A data directory of Apache Kafka 4.3.1, opened through the real runtime.
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "record/batch_reader.h"
#include "runtime/real/real_runtime.h"
#include "runtime/shard.h"
#include "storage/kafka_directory_fixture.h"
#include "storage/log_directory.h"

namespace odradek::storage {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> contents_of(const fs::path& directory) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) {
      std::ifstream in(entry.path(), std::ios::binary);
      std::stringstream text;
      text << in.rdbuf();
      contents[fs::relative(entry.path(), directory).string()] = text.str();
    }
  }
  return contents;
}

// Opening removes leftovers of deletion.
bool stays(const std::string& name) { return !name.ends_with(".deleted"); }

class LiveDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = runtime::RealRuntime::start({.shards = 1});
    ASSERT_TRUE(started.has_value()) << started.error().message;
    runtime_ = *std::move(started);
  }
  void TearDown() override { runtime_.reset(); }
  [[nodiscard]] std::string path() const { return (directories_.root() / "stopped").string(); }

  // Opens the directory, does `work` with each log, and ends it cleanly.
  using Work = runtime::Async<> (*)(PartitionLog& log);
  static runtime::Async<> visit(std::string path, bool clean, Work work) {
    CO_TRY(const auto directory, co_await LogDirectory::open(path));
    CO_TRY(Inventory inventory, co_await directory->take_inventory());
    inventory.partitions.push_back({directory->place_for({"__cluster_metadata", PartitionIndex{0}})});
    for (FoundPartition& found : inventory.partitions) {
      LogOptions options;
      const Offset recovery_point = found.place.recovery_point;
      if (!clean) {
        found.place.was_clean = false;
        found.place.recovery_point = Offset{0};
        options.index_interval_bytes = found.place.partition.topic == "plain" ? 128 : 4096;
      }
      options.producer_expiration = std::chrono::hours(1'000'000);
      CO_TRY(const auto log, co_await PartitionLog::open(found.place, options));
      EXPECT_FALSE(log->topic_id().is_zero()) << found.place.directory;
      const bool has_checkpoint = found.place.partition.topic != "__cluster_metadata";
      EXPECT_EQ(log->end_offset(), has_checkpoint ? recovery_point : Offset{140}) << found.place.directory;
      CO_TRY(co_await work(*log));
      CO_TRY(co_await log->close());
    }
    co_return {};
  }

  static runtime::Async<> look_at_nothing(PartitionLog&) { co_return {}; }

  KafkaDirectories directories_;
  std::unique_ptr<runtime::RealRuntime> runtime_;
};

TEST_F(LiveDirectoryTest, OpeningAndClosingChangesNoByte) {
  const auto before = contents_of(path());
  const auto visited = runtime_->run(visit(path(), true, &look_at_nothing));
  ASSERT_TRUE(visited.has_value()) << visited.error().message;
  auto after = contents_of(path());
  for (const auto& [name, content] : before) {
    if (stays(name) && name != ".kafka_cleanshutdown") {
      ASSERT_TRUE(after.contains(name)) << name;
      EXPECT_EQ(after[name], content) << name;
    }
  }
}

TEST_F(LiveDirectoryTest, RecoveryRebuildsKafkasIndexes) {
  const auto before = contents_of(path());
  const auto visited = runtime_->run(visit(path(), false, &look_at_nothing));
  ASSERT_TRUE(visited.has_value()) << visited.error().message;
  auto after = contents_of(path());
  for (const auto& [name, content] : before) {
    const bool is_index = name.ends_with(".index") || name.ends_with(".timeindex") || name.ends_with(".txnindex") ||
                          name.ends_with(".log") || name.ends_with("epoch-checkpoint");
    if (is_index && !name.starts_with("doomed") && !name.starts_with("__cluster_metadata")) {
      EXPECT_EQ(after[name], content) << name;
    }
  }
}

TEST_F(LiveDirectoryTest, EveryBatchIsRead) {
  const auto visited = runtime_->run(visit(path(), true, [](PartitionLog& log) -> runtime::Async<> {
    Offset from = log.start_offset();
    while (from < log.end_offset()) {
      CO_TRY(const ReadResult read, co_await log.read(from, 1 << 20, log.end_offset(), true));
      EXPECT_FALSE(read.records.empty()) << log.directory();
      if (read.records.empty()) {
        break;
      }
      CO_TRY(const Bytes bytes, co_await runtime::read_blob(read.records));
      record::BatchScanner scanner(bytes);
      for (;;) {
        CO_TRY(const auto entry, scanner.next());
        if (!entry) {
          break;
        }
        CO_TRY(record::check_batch(entry->bytes));
        EXPECT_GE(entry->header.last_offset, from) << log.directory();
        from = entry->header.next_offset();
      }
    }
    co_return {};
  }));
  ASSERT_TRUE(visited.has_value()) << visited.error().message;
}

}  // namespace
}  // namespace odradek::storage
