#include "base/arithmetic.h"

#include <gtest/gtest.h>

namespace odradek {
namespace {

constexpr int64_t largest = std::numeric_limits<int64_t>::max();
constexpr int64_t smallest = std::numeric_limits<int64_t>::min();

TEST(Arithmetic, WrappingGoesRoundAndBack) {
  EXPECT_EQ(wrapping_add(2, -5), -3);
  EXPECT_EQ(wrapping_add(largest, 1), smallest);
  EXPECT_EQ(wrapping_sub(smallest, 1), largest);
  EXPECT_EQ(wrapping_sub(wrapping_add(largest, 7), largest), 7);
}

TEST(Arithmetic, SaturatingStaysAtTheEnds) {
  EXPECT_EQ(saturating_add(2, -5), -3);
  EXPECT_EQ(saturating_add(largest - 1, 5), largest);
  EXPECT_EQ(saturating_add(smallest + 1, -5), smallest);
}

}  // namespace
}  // namespace odradek
