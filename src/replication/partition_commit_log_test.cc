// A coordinator's log in a partition. Runs on as many shards as ODRADEK_TEST_SHARDS says.
#include "replication/partition_commit_log.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "record/batch_reader.h"
#include "record/control_record.h"
#include "replication/replication_fixture.h"

namespace odradek::replication {
namespace {

using machine::CommittedBatch;
using machine::LogRecord;

constexpr Uuid topic_id{0x1111, 0x2224};
constexpr ProducerId producer{7};

LogRecord entry(std::string_view key, std::string_view value) {
  return {.key = Bytes(key.begin(), key.end()), .value = Bytes(value.begin(), value.end())};
}

// Writes down what it is told, as "base: key=value key=value".
class Listener final : public machine::CommitListener {
 public:
  Result<> on_snapshot(const machine::LogSnapshot&) override { return {}; }
  Result<> on_commit(const CommittedBatch& batch) override {
    std::string line = std::to_string(batch.base.raw()) + ":";
    for (const machine::LogRecordView& record : batch.records) {
      line += " " + text(*record.key) + "=" + (record.value ? text(*record.value) : "none");
    }
    told.push_back(line);
    return {};
  }
  static std::string text(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

  std::vector<std::string> told;
};

class PartitionCommitLogTest : public ReplicationTest {
 protected:
  template <typename Call>
  auto on_owner(Call call) {
    return run(router_.on_owner(id_, std::move(call)));
  }

  PartitionCommitLogTest() : id_(id_of(topic_id)) {
    create("t", topic_id);
    partition_ = router_.table(router_.owner(id_)).find(id_);
    make({});
  }
  ~PartitionCommitLogTest() override {
    end();
    partition_.reset();
  }

  void make(PartitionCommitLogOptions options) {
    end();
    on_owner([this, options](PartitionTable&) -> runtime::Task<void> {
      log_ = std::make_unique<PartitionCommitLog>(partition_, options);
      co_return;
    });
  }
  void end() {
    if (log_ != nullptr) {
      on_owner([this](PartitionTable&) { return log_->close(); });
      log_.reset();
    }
  }
  static runtime::Task<std::optional<Errc>> append_to(PartitionCommitLog& log, std::vector<LogRecord> records,
                                                      LeaderEpoch epoch, std::optional<Offset> expected_end) {
    const Result<> appended =
        co_await log.append(std::move(records), epoch, expected_end ? *expected_end : log.end_offset());
    co_return appended ? std::nullopt : std::optional(appended.error().code);
  }
  std::optional<Errc> append(std::vector<LogRecord> records, LeaderEpoch epoch = LeaderEpoch{0},
                             std::optional<Offset> expected_end = {}) {
    return on_owner([=, this](PartitionTable&) { return append_to(*log_, records, epoch, expected_end); });
  }

  // All of them in one turn; how each ended.
  static runtime::Task<std::vector<std::optional<Errc>>> append_all_to(PartitionCommitLog& log,
                                                                       std::vector<std::vector<LogRecord>> decisions) {
    std::vector<std::optional<Errc>> ends(decisions.size());
    runtime::TaskGroup tasks;
    for (size_t i = 0; i < decisions.size(); ++i) {
      tasks.spawn([](PartitionCommitLog& to, std::vector<LogRecord> records,
                     std::optional<Errc>& ended) -> runtime::Task<void> {
        ended = co_await append_to(to, std::move(records), LeaderEpoch{0}, {});
      }(log, decisions[i], ends[i]));
    }
    const Offset end = log.end_offset();
    co_await tasks.join();
    EXPECT_EQ(log.end_offset(), end) << "it moves before the first wait";
    co_return ends;
  }
  std::vector<std::optional<Errc>> append_together(const std::vector<std::vector<LogRecord>>& decisions) {
    return on_owner([=, this](PartitionTable&) { return append_all_to(*log_, decisions); });
  }

  // What is not the log's own doing: a transaction of Kafka's coordinator, for one.
  static runtime::Task<void> append_batch_to(Partition& partition, Bytes batch) {
    const auto appended =
        co_await partition.append(Blob(std::move(batch)), {.origin = storage::AppendOrigin::Coordinator});
    EXPECT_TRUE(appended.has_value());
  }
  void append_batch(Bytes batch) {
    on_owner([this, batch](PartitionTable&) { return append_batch_to(*partition_, batch); });
  }
  void append_in_transaction(std::string_view key, int32_t sequence, ProducerId by = producer) {
    record::BatchBuilder builder(
        {.producer_id = by, .producer_epoch = ProducerEpoch{0}, .base_sequence = sequence, .is_transactional = true});
    builder.append({.timestamp = 1, .key = as_bytes(key), .value = as_bytes("tx")});
    append_batch(builder.finish());
  }
  void end_transaction(bool commit, ProducerId of = producer) {
    append_batch(record::marker_batch({.commit = commit, .coordinator_epoch = 0}, of, ProducerEpoch{0}, 1));
  }

  static runtime::Task<std::vector<std::string>> hear(PartitionCommitLog& log) {
    Listener listener;
    const Result<> heard = co_await log.subscribe(listener);
    EXPECT_TRUE(heard.has_value());
    log.unsubscribe(listener);
    co_return listener.told;
  }
  std::vector<std::string> told() {
    return on_owner([this](PartitionTable&) { return hear(*log_); });
  }

  static runtime::Task<Bytes> stored(Partition& partition) {
    const auto read = co_await partition.read({.from = Offset{0}, .bytes_max = 1 << 20, .at_least_one = true});
    EXPECT_TRUE(read.has_value());
    const auto bytes = co_await runtime::read_blob(read->records);
    co_return *bytes;
  }

  PartitionId id_;
  std::shared_ptr<Partition> partition_;
  std::unique_ptr<PartitionCommitLog> log_;
};

}  // namespace

TEST_F(PartitionCommitLogTest, WhatIsAppendedIsCommittedAndTold) {
  EXPECT_EQ(append({entry("a", "1"), entry("b", "2")}), std::nullopt);
  EXPECT_EQ(append({{.key = Bytes{'a'}, .value = {}}}), std::nullopt);
  EXPECT_EQ(log_->end_offset(), Offset{3});
  EXPECT_EQ(log_->committed_offset(), Offset{3});
  EXPECT_EQ(told(), (std::vector<std::string>{"0: a=1 b=2", "2: a=none"}));
}

TEST_F(PartitionCommitLogTest, ADecisionIsOneBatchWithoutAProducer) {
  EXPECT_EQ(append({entry("a", "1"), entry("b", "2")}), std::nullopt);
  const Bytes bytes = on_owner([this](PartitionTable&) { return stored(*partition_); });
  record::BatchScanner scanner(bytes);
  const auto first = scanner.next();
  ASSERT_TRUE(first.has_value() && first->has_value());
  EXPECT_EQ((*first)->header.record_count, 2);
  EXPECT_EQ((*first)->header.producer_id, no_producer_id);
  EXPECT_EQ((*first)->header.base_sequence, 0);
  EXPECT_FALSE((*first)->header.is_compressed());
}

TEST_F(PartitionCommitLogTest, CompressedRecordsAreToldLikeOthers) {
  for (const record::Codec codec :
       {record::Codec::Gzip, record::Codec::Snappy, record::Codec::Lz4, record::Codec::Zstd}) {
    make({.codec = codec});
    EXPECT_EQ(append({entry("a", std::string(500, 'x')), entry("b", "2")}), std::nullopt);
  }
  const Bytes bytes = on_owner([this](PartitionTable&) { return stored(*partition_); });
  EXPECT_LT(bytes.size(), 4 * 500U);
  const std::vector<std::string> all = told();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all.back(), "6: a=" + std::string(500, 'x') + " b=2");
}

TEST_F(PartitionCommitLogTest, OnlyItsEpochAndItsEndMayBeAppendedTo) {
  EXPECT_EQ(log_->leading(), LeaderEpoch{0});
  EXPECT_EQ(append({entry("a", "1")}, LeaderEpoch{1}), Errc::NotController);
  EXPECT_EQ(append({entry("a", "1")}, LeaderEpoch{0}, Offset{4}), Errc::NotController);
  EXPECT_TRUE(told().empty());
}

TEST_F(PartitionCommitLogTest, DecisionsThatComeTogetherAreOneBatchInTheirOrder) {
  EXPECT_EQ(append_together({{entry("a", "1")}, {entry("b", "2"), entry("c", "3")}, {entry("d", "4")}}),
            (std::vector<std::optional<Errc>>(3)));
  EXPECT_EQ(log_->end_offset(), Offset{4});
  EXPECT_EQ(told(), std::vector<std::string>{"0: a=1 b=2 c=3 d=4"});
}

TEST_F(PartitionCommitLogTest, CompressedOnesThatComeTogetherKeepTheirOrder) {
  make({.codec = record::Codec::Lz4});
  EXPECT_EQ(append_together({{entry("a", "1")}, {entry("b", "2")}}), (std::vector<std::optional<Errc>>(2)));
  EXPECT_EQ(told(), (std::vector<std::string>{"0: a=1", "1: b=2"}));
}

TEST_F(PartitionCommitLogTest, DecisionsThatComeTogetherAreNoLargerBatchThanOneMayBe) {
  const size_t most = log_->batch_bytes_max();
  std::vector<std::vector<LogRecord>> decisions;
  for (const char* key : {"a", "b", "c", "d", "e"}) {
    decisions.push_back({entry(key, std::string(most * 2 / 5, 'x'))});
  }
  decisions[3] = {entry("too large", std::string(most, 'x'))};
  std::vector<std::optional<Errc>> expected(5);
  expected[3] = Errc::RecordListTooLarge;
  EXPECT_EQ(append_together(decisions), expected);
  std::vector<std::string> starts;
  for (const std::string& line : told()) {
    EXPECT_LE(line.size(), most);
    starts.push_back(line.substr(0, 4));
  }
  EXPECT_EQ(starts, (std::vector<std::string>{"0: a", "2: c"}));
  EXPECT_EQ(log_->end_offset(), Offset{4});
}

TEST_F(PartitionCommitLogTest, ADecisionLargerThanABatchIsRefusedAndNothingElse) {
  const size_t most = log_->batch_bytes_max();
  EXPECT_EQ(append({entry("a", std::string(most, 'x'))}), Errc::RecordListTooLarge);
  EXPECT_EQ(log_->end_offset(), Offset{0});
  EXPECT_EQ(append({entry("a", "1")}), std::nullopt);
}

TEST_F(PartitionCommitLogTest, TransactionsAreToldWhenTheyCommit) {
  append_in_transaction("a", 0);
  EXPECT_EQ(append({entry("between", "1")}), std::nullopt);
  append_in_transaction("b", 1);
  append_in_transaction("other", 0, ProducerId{8});
  end_transaction(true);
  append_in_transaction("open", 2);
  end_transaction(false, ProducerId{8});
  EXPECT_EQ(told(), (std::vector<std::string>{"1: between=1", "0: a=tx", "2: b=tx"}));
}

TEST_F(PartitionCommitLogTest, OfATransactionsKeysWhatIsFurtherUpTheLogIsTold) {
  append_in_transaction("plain", 0);
  append_in_transaction("other", 1);
  append_in_transaction("own", 2);
  append_in_transaction("other", 0, ProducerId{8});
  EXPECT_EQ(append({entry("plain", "1")}), std::nullopt);
  append_in_transaction("own", 3);
  end_transaction(true, ProducerId{8});
  end_transaction(true);
  EXPECT_EQ(append({entry("own", "1")}), std::nullopt);
  EXPECT_EQ(told(), (std::vector<std::string>{"4: plain=1", "3: other=tx", "2: own=tx", "5: own=tx", "8: own=1"}));
}

TEST_F(PartitionCommitLogTest, AClosedLogLeadsNoLonger) {
  EXPECT_EQ(append({entry("a", "1")}), std::nullopt);
  on_owner([this](PartitionTable&) { return log_->close(); });
  EXPECT_EQ(log_->leading(), std::nullopt);
  EXPECT_EQ(append({entry("b", "1")}), Errc::NotController);
  const auto refused = [](PartitionCommitLog& log) -> runtime::Task<void> {
    Listener listener;
    const Result<> heard = co_await log.subscribe(listener);
    EXPECT_EQ(heard.error().code, Errc::NotController);
  };
  on_owner([this, refused](PartitionTable&) { return refused(*log_); });
}

TEST_F(PartitionCommitLogTest, ItNeedsNoSnapshots) {
  const auto refused = [](PartitionCommitLog& log) -> runtime::Task<void> {
    const Result<> written = co_await log.write_snapshot(Offset{0}, {});
    EXPECT_EQ(written.error().code, Errc::UnsupportedVersion);
  };
  on_owner([this, refused](PartitionTable&) { return refused(*log_); });
}

}  // namespace odradek::replication
