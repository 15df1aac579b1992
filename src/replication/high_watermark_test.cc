#include "replication/high_watermark.h"

#include <optional>

#include <gtest/gtest.h>

#include "runtime/sim/sim_test.h"

namespace odradek::replication {
namespace {

class HighWatermarkTest : public runtime::SimTest {
 protected:
  ~HighWatermarkTest() override { run(tasks_.join()); }

  // Waits in the background until `offset` is committed.
  void await(int64_t offset, std::optional<Result<>>& into) {
    tasks_.spawn([](HighWatermark& watermark, Offset target, runtime::Deadline deadline, runtime::Gate& gate,
                    std::optional<Result<>>& answer) -> runtime::Task<void> {
      const Result<> reached = co_await watermark.reached(target, deadline, gate);
      answer = reached;
    }(watermark_, Offset{offset}, sim.now() + std::chrono::seconds(30), gate_, into));
  }
  void settle() { sim.run_for(std::chrono::milliseconds(1)); }
  void close_gate() { run(gate_.close()); }

  HighWatermark watermark_;
  runtime::Gate gate_;
  runtime::TaskGroup tasks_;
};

TEST_F(HighWatermarkTest, WaitersHearWhenTheirOffsetIsCommitted) {
  std::optional<Result<>> ten;
  std::optional<Result<>> twenty;
  await(10, ten);
  await(20, twenty);
  EXPECT_TRUE(watermark_.raise(Offset{10}));
  settle();
  EXPECT_TRUE(ten.has_value() && ten->has_value());
  EXPECT_FALSE(twenty.has_value());
  EXPECT_TRUE(watermark_.raise(Offset{25}));
  settle();
  EXPECT_TRUE(twenty.has_value() && twenty->has_value());
}

TEST_F(HighWatermarkTest, ItNeverFallsByRaising) {
  EXPECT_TRUE(watermark_.raise(Offset{10}));
  EXPECT_FALSE(watermark_.raise(Offset{5}));
  EXPECT_FALSE(watermark_.raise(Offset{10}));
  EXPECT_EQ(watermark_.value(), Offset{10});
  watermark_.fall_to(Offset{3});
  EXPECT_EQ(watermark_.value(), Offset{3});
}

TEST_F(HighWatermarkTest, WaitingEndsAtTheDeadline) {
  std::optional<Result<>> answer;
  await(1, answer);
  sim.run_for(std::chrono::seconds(31));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error().code, Errc::RequestTimedOut);
}

TEST_F(HighWatermarkTest, ClosingEndsTheWaitingEvenIfItMovesInTheSameTurn) {
  std::optional<Result<>> answer;
  await(10, answer);
  settle();
  watermark_.raise(Offset{5});
  close_gate();
  settle();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error().code, Errc::Cancelled);
}

TEST_F(HighWatermarkTest, NobodyWaitsOnAPartitionThatIsClosedAlready) {
  close_gate();
  std::optional<Result<>> answer;
  await(10, answer);
  settle();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error().code, Errc::Cancelled);
}

TEST_F(HighWatermarkTest, BrokenOffItTellsWhyAndStillAnswersForWhatWasCommitted) {
  std::optional<Result<>> before;
  std::optional<Result<>> after;
  std::optional<Result<>> below;
  watermark_.raise(Offset{5});
  await(10, before);
  watermark_.break_off(Error{Errc::Io, "the disk"});
  settle();
  await(10, after);
  await(5, below);
  settle();
  ASSERT_TRUE(before && after && below);
  EXPECT_EQ(before->error().code, Errc::Io);
  EXPECT_EQ(after->error().code, Errc::Io);
  EXPECT_TRUE(below->has_value());
}

}  // namespace
}  // namespace odradek::replication
