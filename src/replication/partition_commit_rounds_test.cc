#include "replication/partition_commit_log.h"

#include <string>

#include "replication/replication_fixture.h"
#include "runtime/task_group.h"

// Runs with ODRADEK_TEST_SHARDS shards.
namespace odradek::replication {
namespace {

constexpr Uuid topic_id{1, 1};

struct Outcome {
  std::vector<Errc> failures;
  size_t appended = 0;
  Offset end{0};
};

class PartitionCommitRoundsTest : public ReplicationTest {
 protected:
  // A decision for each value, all in one turn on the partition's shard.
  Outcome append_together(std::vector<std::string> values) {
    return run(router_.on_owner(
        id_of(topic_id), [values = std::move(values)](PartitionTable& table) { return append_all(table, values); }));
  }

 private:
  static runtime::Task<void> append_one(PartitionCommitLog& log, std::string value, Outcome& outcome) {
    std::vector<machine::LogRecord> records(1);
    records[0].key = Bytes{'k'};
    records[0].value = Bytes(value.begin(), value.end());
    const Offset base = log.end_offset();
    const Result<> appended = co_await log.append(std::move(records), *log.leading(), base);
    if (appended) {
      ++outcome.appended;
      EXPECT_GT(log.committed_offset(), base);
    } else {
      outcome.failures.push_back(appended.error().code);
    }
  }

  static runtime::Task<Outcome> append_all(PartitionTable& table, std::vector<std::string> values) {
    Outcome outcome;
    const std::shared_ptr<Partition> partition = table.find(id_of(topic_id));
    PartitionCommitLog log(partition, {});
    const Offset before = partition->log()->end_offset();
    runtime::TaskGroup group;
    for (const std::string& value : values) {
      group.spawn(append_one(log, value, outcome));
    }
    EXPECT_GT(log.end_offset(), before);  // it counts what is on its way
    EXPECT_EQ(partition->log()->end_offset(), before);
    co_await group.join();
    EXPECT_EQ(log.end_offset(), partition->log()->end_offset());
    outcome.end = log.end_offset();
    co_await log.close();
    co_return outcome;
  }
};

TEST_F(PartitionCommitRoundsTest, DecisionsOfOneTurnAreAppendedInTheirOrder) {
  create("log", topic_id);
  EXPECT_EQ(append_together(std::vector<std::string>(20, "value")).appended, 20U);
  const Outcome more = append_together({"a", "b", "c"});
  EXPECT_EQ(more.appended, 3U);
  EXPECT_EQ(more.end, Offset{23});
}

TEST_F(PartitionCommitRoundsTest, MoreThanASegmentHoldsIsWrittenInSeveralRounds) {
  rules_.log.segment_bytes_max = 10'000;
  create("log", topic_id);
  const Outcome outcome = append_together(std::vector<std::string>(100, std::string(1000, 'v')));
  EXPECT_EQ(outcome.appended, 100U);
  EXPECT_EQ(outcome.end, Offset{100});
}

TEST_F(PartitionCommitRoundsTest, ADecisionTooLargeForABatchIsRefusedAndTheOthersStand) {
  rules_.log.produce.batch_size_max = 500;
  create("log", topic_id);
  const Outcome outcome = append_together({"small", std::string(1000, 'v'), "small"});
  EXPECT_EQ(outcome.appended, 2U);
  EXPECT_EQ(outcome.failures, std::vector{Errc::RecordListTooLarge});
  EXPECT_EQ(outcome.end, Offset{2});
}

}  // namespace
}  // namespace odradek::replication
