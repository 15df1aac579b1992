// One fetch over partitions of several shards. Runs on as many shards as ODRADEK_TEST_SHARDS says.
#include <algorithm>

#include <gtest/gtest.h>

#include "replication/replication_fixture.h"

namespace odradek::replication {
namespace {

constexpr Uuid topic_id{0x1111, 0x2222};
constexpr int32_t partition_count = 4;
constexpr uint64_t plenty = 1 << 20;
constexpr runtime::Duration patience = std::chrono::seconds(10);
constexpr runtime::Duration promptly = std::chrono::milliseconds(500);

class FetchRoundTest : public ReplicationTest {
 protected:
  using Answers = std::vector<FetchAnswer>;

  FetchRoundTest() { create("t", topic_id, partition_count); }
  ~FetchRoundTest() override {
    if (round_ != nullptr) {
      FetchRound::end(round_);
    }
    run(fetching_.join());
  }

  // One item per partition, from the beginning.
  static std::vector<FetchItem> all() {
    std::vector<FetchItem> items;
    for (int32_t i = 0; i < partition_count; ++i) {
      items.push_back({.place = static_cast<size_t>(i),
                       .id = id_of(topic_id, i),
                       .spec = {.from = Offset{0}, .bytes_max = plenty}});
    }
    return items;
  }
  static FetchLimits limits(uint64_t bytes_min) {
    return {.bytes_min = bytes_min, .bytes_max = plenty, .deadline = {}};
  }

  // Begins a fetch that waits for `patience` at most; answers() once it has ended.
  void begin(std::vector<FetchItem> items, FetchLimits limits) {
    answers_.reset();
    began_ = sim.now();
    limits.deadline = shard().in(patience);
    auto shares = router_.by_shard(std::move(items), [](const FetchItem& item) { return item.id; });
    std::vector<runtime::ShardId> shards;
    for (uint32_t i = 0; i < shares.size(); ++i) {
      if (!shares[i].empty()) {
        shards.emplace_back(i);
      }
    }
    round_ = std::make_shared<FetchRound>(sim, shards, limits);
    fetching_.spawn(fetch(round_, std::move(shares)));
  }
  // How long it took; fails the test where it never ends.
  runtime::Duration await_end() {
    EXPECT_TRUE(sim.run_until([this] { return answers_.has_value(); }, 2 * patience));
    return sim.now() - began_;
  }
  runtime::Duration fetch_all(uint64_t bytes_min) {
    begin(all(), limits(bytes_min));
    return await_end();
  }
  bool has_ended() {
    sim.run_for(promptly);
    return answers_.has_value();
  }

  const Result<FetchedRecords>& of(size_t place) {
    static const Result<FetchedRecords> none = fail(Errc::Cancelled);
    const auto found = std::ranges::find(*answers_, place, &FetchAnswer::place);
    return found == answers_->end() ? none : found->records;
  }
  uint64_t bytes() {
    uint64_t sum = 0;
    for (const FetchAnswer& answer : *answers_) {
      sum += answer.records ? answer.records->records.size() : 0;
    }
    return sum;
  }

  const uint64_t one_ = batch().size();
  std::shared_ptr<FetchRound> round_;
  std::optional<Answers> answers_;

 private:
  runtime::Task<void> fetch(std::shared_ptr<FetchRound> round, std::vector<std::vector<FetchItem>> shares) {
    const auto work = [round](PartitionTable& table, std::vector<FetchItem> items) {
      return FetchRound::run(round, table, std::move(items));
    };
    answers_ = co_await router_.gather<FetchAnswer>(std::move(shares), work);
  }

  runtime::MonotonicTime began_{};
  runtime::TaskGroup fetching_;
};

TEST_F(FetchRoundTest, EveryItemIsAnsweredInItsPlace) {
  EXPECT_EQ(produce(id_of(topic_id, 1)), 0);
  EXPECT_EQ(produce(id_of(topic_id, 3)), 0);
  EXPECT_EQ(produce(id_of(topic_id, 3)), 1);
  EXPECT_LT(fetch_all(3 * one_), promptly);
  ASSERT_EQ(answers_->size(), partition_count);
  for (const auto& [place, batches] : std::map<size_t, uint64_t>{{0, 0}, {1, 1}, {2, 0}, {3, 2}}) {
    ASSERT_TRUE(of(place).has_value()) << place;
    EXPECT_EQ(of(place)->records.size(), batches * one_) << place;
    EXPECT_EQ(of(place)->high_watermark, Offset{static_cast<int64_t>(batches)}) << place;
  }
}

TEST_F(FetchRoundTest, ShardsTogetherReachTheLeastBytes) {
  for (int32_t i = 0; i < partition_count; ++i) {
    EXPECT_EQ(produce(id_of(topic_id, i)), 0);
  }
  EXPECT_LT(fetch_all(4 * one_), promptly);
  EXPECT_EQ(bytes(), 4 * one_);
}

TEST_F(FetchRoundTest, WithTooFewBytesItAnswersAtTheDeadlineWithWhatThereIs) {
  for (int32_t i = 0; i < partition_count; ++i) {
    EXPECT_EQ(produce(id_of(topic_id, i)), 0);
  }
  const runtime::Duration took = fetch_all(4 * one_ + 1);
  EXPECT_GE(took, patience);
  EXPECT_LT(took, patience + promptly);
  EXPECT_EQ(bytes(), 4 * one_);
}

TEST_F(FetchRoundTest, WithoutRecordsItAnswersNoErrorAtTheDeadline) {
  EXPECT_GE(fetch_all(1), patience);
  ASSERT_EQ(answers_->size(), partition_count);
  for (size_t i = 0; i < partition_count; ++i) {
    EXPECT_TRUE(of(i).has_value()) << i;
  }
  EXPECT_EQ(bytes(), 0);
}

TEST_F(FetchRoundTest, ThatNothingIsEnoughIsAnsweredAtOnce) {
  EXPECT_LT(fetch_all(0), promptly);
  EXPECT_EQ(answers_->size(), partition_count);
}

TEST_F(FetchRoundTest, AnErrorOfOneShardEndsTheWaitOfAll) {
  auto items = all();
  items[2].spec.from = Offset{99};
  begin(std::move(items), limits(1));
  EXPECT_LT(await_end(), promptly);
  ASSERT_EQ(answers_->size(), partition_count);
  ASSERT_FALSE(of(2).has_value());
  EXPECT_EQ(of(2).error().code, Errc::OffsetOutOfRange);
  EXPECT_TRUE(of(1).has_value());
}

TEST_F(FetchRoundTest, APartitionThatIsNotHereEndsTheWait) {
  auto items = all();
  items[1].id = id_of(topic_id, 9);
  begin(std::move(items), limits(1));
  EXPECT_LT(await_end(), promptly);
  ASSERT_FALSE(of(1).has_value());
  EXPECT_EQ(of(1).error().code, Errc::NotLeader);
  EXPECT_TRUE(of(0).has_value());
}

TEST_F(FetchRoundTest, GrowthOfOnePartitionWakesIt) {
  begin(all(), limits(1));
  EXPECT_FALSE(has_ended());
  EXPECT_EQ(produce(id_of(topic_id, 2)), 0);
  EXPECT_TRUE(has_ended());
  EXPECT_EQ(of(2)->records.size(), one_);
  EXPECT_EQ(bytes(), one_);
}

TEST_F(FetchRoundTest, GrowthOfSeveralPartitionsAddsUp) {
  begin(all(), limits(3 * one_));
  for (int32_t i = 0; i < 2; ++i) {
    EXPECT_EQ(produce(id_of(topic_id, i)), 0);
    EXPECT_FALSE(has_ended()) << "after " << i + 1;
  }
  EXPECT_EQ(produce(id_of(topic_id, 0)), 1);
  EXPECT_TRUE(has_ended());
  EXPECT_EQ(bytes(), 3 * one_);
}

TEST_F(FetchRoundTest, DeletingATopicEndsTheWait) {
  begin(all(), limits(1));
  EXPECT_FALSE(has_ended());
  apply(removal(topic_id));
  EXPECT_TRUE(has_ended());
  const auto is_deleted = [](const FetchAnswer& answer) {
    return !answer.records && answer.records.error().code == Errc::UnknownTopicOrPartition;
  };
  EXPECT_TRUE(std::ranges::any_of(*answers_, is_deleted));
}

TEST_F(FetchRoundTest, EndAnswersWithWhatThereIs) {
  EXPECT_EQ(produce(id_of(topic_id, 0)), 0);
  begin(all(), limits(plenty));
  EXPECT_FALSE(has_ended());
  FetchRound::end(round_);
  EXPECT_TRUE(has_ended());
  EXPECT_EQ(answers_->size(), partition_count);
  EXPECT_EQ(bytes(), one_);
}

TEST_F(FetchRoundTest, WhereNothingFitsEachShardSendsOneBatchWhole) {
  for (int32_t i = 0; i < partition_count; ++i) {
    EXPECT_EQ(produce(id_of(topic_id, i)), 0);
  }
  begin(all(), {.bytes_min = 1, .bytes_max = 1, .at_least_one = true, .deadline = {}});
  EXPECT_LT(await_end(), promptly);
  EXPECT_EQ(bytes(), one_ * std::min<uint64_t>(sim.size(), partition_count));
}

TEST_F(FetchRoundTest, WhereNothingFitsAndNothingMustNothingComes) {
  EXPECT_EQ(produce(id_of(topic_id, 0)), 0);
  begin(all(), {.bytes_min = 1, .bytes_max = 1, .at_least_one = false, .deadline = {}});
  EXPECT_GE(await_end(), patience);
  EXPECT_EQ(bytes(), 0);
}

}  // namespace
}  // namespace odradek::replication
