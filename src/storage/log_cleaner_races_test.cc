// Logs that change while they are compacted. Run with ODRADEK_TEST_SHARDS shards.
#include <string>
#include <vector>

#include "storage/cleaner_fixture.h"

namespace odradek::storage {
namespace {

using Lines = std::vector<std::string>;

class LogCleanerRacesTest : public CleanerTest {
 protected:
  static constexpr int64_t now_ms = 1'800'000'000'000;

  void create_anew() {
    ASSERT_TRUE(run(files().remove_all(test_log_directory)).has_value());
    create();
  }
  CleaningPlan plan() {
    const auto plan = run(log().plan_cleaning(log().end_offset(), now_ms));
    EXPECT_TRUE(plan.has_value());
    return plan.value_or(CleaningPlan{});
  }
};

TEST_F(LogCleanerRacesTest, ItStopsForGoodThoughItIsCancelledForAMomentOnly) {
  constexpr int looks_max = 60;
  for (int cancelled_at = 1; cancelled_at < looks_max; ++cancelled_at) {
    SCOPED_TRACE(cancelled_at);
    create_anew();
    put({"a=1", "b=1"});
    put({"a=2", "c=1"});
    put({"d=1"});
    roll();
    int looks = 0;
    LogCleaner cleaner(log(), {}, [&] { return ++looks == cancelled_at; });
    const auto report = run(cleaner.clean(plan(), now_ms));
    ASSERT_TRUE(report.has_value());
    const bool was_cancelled = looks >= cancelled_at;
    EXPECT_EQ(report->is_complete, !was_cancelled);
    const Lines all{"0:a=1", "1:b=1", "2:a=2", "3:c=1", "4:d=1"};
    const Lines cleaned{"1:b=1", "2:a=2", "3:c=1", "4:d=1"};
    EXPECT_TRUE(left() == cleaned || (was_cancelled && left() == all));
  }
}

}  // namespace
}  // namespace odradek::storage
