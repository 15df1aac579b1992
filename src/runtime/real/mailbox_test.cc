#include "runtime/real/mailbox.h"

#include <gtest/gtest.h>

namespace odradek::runtime {
namespace {

TEST(Mailbox, AnOwnerThatIsAwakeNeedsNoWaking) {
  Mailbox box;
  EXPECT_FALSE(box.put([] {}));
  EXPECT_FALSE(box.must_wake());
}

TEST(Mailbox, ASleeperIsWokenOnceForManyJobs) {
  Mailbox box;
  ASSERT_TRUE(box.fall_asleep());
  EXPECT_TRUE(box.put([] {}));
  EXPECT_TRUE(box.put([] {}));
  EXPECT_TRUE(box.must_wake());
  EXPECT_FALSE(box.must_wake());
  EXPECT_FALSE(box.put([] {}));
}

TEST(Mailbox, WhoWokeByItselfNeedsNoWaking) {
  Mailbox box;
  ASSERT_TRUE(box.fall_asleep());
  EXPECT_TRUE(box.put([] {}));
  std::vector<Job> jobs;
  box.take(jobs);
  EXPECT_EQ(jobs.size(), 1U);
  EXPECT_FALSE(box.must_wake());
}

TEST(Mailbox, NobodyFallsAsleepOverAJob) {
  Mailbox box;
  EXPECT_FALSE(box.put([] {}));
  EXPECT_FALSE(box.fall_asleep());
  EXPECT_FALSE(box.must_wake());
  std::vector<Job> jobs;
  box.take(jobs);
  EXPECT_TRUE(box.fall_asleep());
}

TEST(Mailbox, JobsComeOutInTheirOrder) {
  Mailbox box;
  std::vector<int> ran;
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(box.put([&ran, i] { ran.push_back(i); }));
  }
  std::vector<Job> jobs;
  box.take(jobs);
  for (Job& job : jobs) {
    job();
  }
  EXPECT_EQ(ran, (std::vector<int>{0, 1, 2}));
}

}  // namespace
}  // namespace odradek::runtime
