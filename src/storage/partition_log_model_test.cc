// Random histories of a log against a list of batches; run with ODRADEK_TEST_SHARDS shards.
#include <gtest/gtest.h>

#include "storage/log_fixture.h"

namespace odradek::storage {
namespace {

// What the log should hold, and the log; every step checks one against the other.
class ModelRun {
 public:
  explicit ModelRun(runtime::SimRuntime& sim) : sim_(sim), random_(sim.seed() * 77) {
    options_.segment_bytes_max = 1500 + random_.below(3000);
    options_.index_interval_bytes = random_.below(600);
    options_.retention_ms = -1;
    EXPECT_TRUE(sim_.run(files().create_directories("/data")).has_value());
    EXPECT_TRUE(sim_.run(files().sync_directory("/")).has_value());
    take(sim_.run(PartitionLog::create(place(true), test_topic, options_)));
  }

  void step() {
    switch (random_.below(13)) {
      case 0: return reopen_clean();
      case 1: return reopen_unclean();
      case 2: return truncate();
      case 3: return flush();
      case 4: return delete_records();
      case 5: return crash();
      case 6: return roll();
      case 9: return checkpoint();
      case 7:
      case 8: return read();
      default: return append();
    }
  }

 private:
  runtime::FileSystem& files() { return sim_.at(runtime::ShardId{0}).files(); }
  LogPlace place(bool clean) {
    return {.directory = test_log_directory,
            .partition = test_partition,
            .was_clean = clean,
            .recovery_point = log_ ? log_->recovery_point() : Offset{0},
            .has_recovery_point = true,
            .start_offset = start_};
  }
  void take(Result<std::unique_ptr<PartitionLog>> log) {
    ASSERT_TRUE(log.has_value()) << log.error().message;
    log_ = *std::move(log);
  }
  [[nodiscard]] Offset end() const { return batches_.empty() ? start_of_batches_ : batches_.back().last + 1; }

  void append() {
    const bool big = random_.one_in(5);
    const TestBatch sent{.count = static_cast<int32_t>(1 + random_.below(4)),
                         .value_size = big ? 200 + random_.below(100) : random_.below(40),
                         .timestamp = 1'000'000 + static_cast<int64_t>(random_.below(1000))};
    const LeaderEpoch epoch{epoch_};
    epoch_ += random_.one_in(10) ? 1 : 0;
    const auto result = sim_.run(log_->append(Blob(sent.bytes()), {.leader_epoch = epoch}));
    ASSERT_TRUE(result.has_value()) << result.error().error.message;
    ASSERT_EQ(result->first, end());
    batches_.push_back({result->first, result->last, epoch});
    check();
  }

  void read() {
    if (batches_.empty()) {
      return;
    }
    const auto span = static_cast<uint64_t>(end() - start_) + 1;
    const Offset from = start_ + static_cast<int64_t>(random_.below(span));
    const size_t bound = random_.below(batches_.size() + 1);
    const Offset upper = bound == batches_.size() ? end() : batches_[bound].first;
    const uint64_t max_bytes = random_.below(2000);
    const auto result = sim_.run(log_->read(from, max_bytes, upper, true));
    ASSERT_TRUE(result.has_value()) << result.error().message;
    const auto expected = std::ranges::find_if(batches_, [&](const ReadBatch& b) { return b.last >= from; });
    if (expected == batches_.end() || expected->last >= upper) {
      ASSERT_TRUE(result->records.empty());
      return;
    }
    const auto bytes = sim_.run(runtime::read_blob(result->records));
    ASSERT_TRUE(bytes.has_value());
    const auto got = batches_in(*bytes);
    ASSERT_FALSE(got.empty());
    ASSERT_TRUE(std::equal(got.begin(), got.end(), expected));
    ASSERT_LT(got.back().last, upper);
  }

  void check() {
    ASSERT_EQ(log_->end_offset(), end());
    ASSERT_EQ(log_->start_offset(), start_);
    auto expected = std::ranges::find_if(batches_, [&](const ReadBatch& b) { return b.last >= start_; });
    Offset from = start_;
    while (from < end()) {
      const auto result = sim_.run(log_->read(from, 1 << 20, end(), true));
      ASSERT_TRUE(result.has_value()) << result.error().message;
      const auto bytes = sim_.run(runtime::read_blob(result->records));
      ASSERT_TRUE(bytes.has_value());
      const auto got = batches_in(*bytes);
      ASSERT_FALSE(got.empty()) << "at " << from.raw();
      for (const ReadBatch& batch : got) {
        ASSERT_EQ(batch, *expected++);
      }
      from = got.back().last + 1;
    }
  }

  void roll() { ASSERT_TRUE(sim_.run(log_->roll()).has_value()); }
  void flush() {
    ASSERT_TRUE(sim_.run(log_->flush()).has_value());
    ASSERT_EQ(log_->flushed_offset(), end());
  }

  // Alone, or as one of many.
  void checkpoint() {
    const SyncScope scope = random_.one_in(2) ? SyncScope::RecoveryPoint : SyncScope::Records;
    if (random_.one_in(2)) {
      ASSERT_TRUE(sim_.run(log_->sync(scope)).has_value());
    } else {
      const auto what = sim_.run(log_->prepare_sync(scope));
      ASSERT_TRUE(what.has_value());
      ASSERT_TRUE(sim_.run(files().sync_all("/data")).has_value());
      ASSERT_TRUE(sim_.run(log_->synced(*what)).has_value());
    }
    ASSERT_EQ(log_->flushed_offset(), end());
    ASSERT_TRUE(scope == SyncScope::Records || log_->recovery_point() == end());
  }

  void truncate() {
    if (batches_.empty() || !random_.one_in(3)) {
      return;
    }
    const size_t keep = batches_.size() - random_.below(std::min<size_t>(batches_.size(), 6) + 1);
    const Offset cut = keep == batches_.size() ? end() : batches_[keep].first;
    if (cut < start_) {
      return;
    }
    ASSERT_TRUE(sim_.run(log_->truncate_to(cut)).has_value());
    batches_.resize(keep);
    start_of_batches_ = cut;
    check();
  }

  void delete_records() {
    if (!random_.one_in(3)) {
      return;
    }
    start_ = start_ + static_cast<int64_t>(random_.below(static_cast<uint64_t>(end() - start_) + 1));
    ASSERT_TRUE(sim_.run(log_->delete_records_before(start_)).has_value());
    ASSERT_TRUE(sim_.run(log_->apply_retention(end(), 0)).has_value());
    check();
  }

  void reopen_clean() {
    ASSERT_TRUE(sim_.run(log_->close()).has_value());
    const auto epochs = log_->epochs().entries();
    const LogPlace where = place(true);
    log_.reset();
    take(sim_.run(PartitionLog::open(where, options_)));
    ASSERT_EQ(log_->epochs().entries(), epochs);
    check();
  }

  // As after kill -9: what was written is there.
  void reopen_unclean() {
    const auto epochs = log_->epochs().entries();
    const LogPlace where = place(false);
    log_.reset();
    take(sim_.run(PartitionLog::open(where, options_)));
    check_recovered(epochs);
    check();
  }

  // A log truncated to its start knows no epoch any more. Recovery reads the deleted records below the start that its
  // first segment still has, and as in Kafka their last epoch then begins at the start.
  void check_recovered(const std::vector<EpochStart>& before) {
    const std::vector<EpochStart>& after = log_->epochs().entries();
    if (before.empty() && start_ == end() && !after.empty()) {
      ASSERT_EQ(after.size(), 1U);
      ASSERT_EQ(after.front().start, start_);
      ASSERT_LE(after.front().epoch, LeaderEpoch{epoch_});
      return;
    }
    ASSERT_EQ(after, before);
  }

  // As after a power cut: at least what was flushed is there, and what is there is a front part.
  void crash() {
    if (log_->flushed_offset() < start_ || !random_.one_in(3)) {
      return;
    }
    flush();
    const Offset flushed = log_->flushed_offset();
    if (flushed == Offset{0}) {
      return;  // an empty partition's directory may be gone; its owner makes it again
    }
    append();
    append();
    const LogPlace where = place(false);
    log_.reset();
    sim_.disk().crash();
    take(sim_.run(PartitionLog::open(where, options_)));
    ASSERT_GE(log_->end_offset(), flushed);
    while (end() > log_->end_offset()) {
      start_of_batches_ = batches_.back().first;
      batches_.pop_back();
    }
    check();
  }

  runtime::SimRuntime& sim_;
  runtime::Random random_;
  LogOptions options_;
  std::unique_ptr<PartitionLog> log_;
  std::vector<ReadBatch> batches_;
  Offset start_{0};
  Offset start_of_batches_{0};  // where the next goes when there are none
  int32_t epoch_ = 0;
};

TEST(PartitionLogModel, AnyHistoryReadsAsItWasWritten) {
  runtime::for_seeds(runtime::test_seed(), 60, [](runtime::SimRuntime& sim) {
    ModelRun run(sim);
    for (int i = 0; i < 150 && !::testing::Test::HasFatalFailure(); ++i) {
      run.step();
    }
  });
}

}  // namespace
}  // namespace odradek::storage
