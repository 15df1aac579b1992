#include "base/result.h"

#include <memory>

#include <gtest/gtest.h>

namespace odradek {
namespace {

Result<int> positive(int number) {
  if (number <= 0) {
    return fail(Errc::InvalidRequest, "not positive");
  }
  return number;
}

Result<std::unique_ptr<int>> boxed(int number) {
  TRY(positive(number));
  TRY(const int again, positive(number));
  TRY(auto box, Result<std::unique_ptr<int>>(std::make_unique<int>(again)));
  return box;
}

TEST(Result, TryPassesValuesOnAndErrorsUp) {
  EXPECT_EQ(**boxed(3), 3);
  EXPECT_EQ(boxed(0).error(), (Error{Errc::InvalidRequest, "not positive"}));
}

TEST(Errc, EveryCodeHasItsOwnName) {
  EXPECT_EQ(name(Errc::NoSpace), "NoSpace");
  EXPECT_EQ(name(Errc::CorruptMessage), "CorruptMessage");
}

}  // namespace
}  // namespace odradek
