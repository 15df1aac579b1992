#include "protocol/text.h"

#include <gtest/gtest.h>

namespace odradek::protocol {

TEST(Text, OfALiteralOrViewPointsToIt) {
  const std::string_view view = "topic";
  EXPECT_EQ(Text(view).data(), view.data());
  EXPECT_EQ(Text("abc"), "abc");
  EXPECT_TRUE(Text().empty());
}

TEST(Text, OfAStringOutlivesIt) {
  Text text;
  {
    std::string name(100, 'x');
    text = Text(name);
    name.assign(100, 'y');
  }
  EXPECT_EQ(text, std::string(100, 'x'));
}

TEST(Text, CopiedFromAnOwnerOwnsItsOwn) {
  Text first = Text::owned("abcdef");
  const Text second = first;
  EXPECT_NE(first.data(), second.data());
  first = Text();
  EXPECT_EQ(second, "abcdef");
}

TEST(Text, MovedFromAnOwnerKeepsTheMemory) {
  Text first = Text::owned("abcdef");
  const char* data = first.data();
  const Text second = std::move(first);
  EXPECT_EQ(second.data(), data);
}

TEST(Text, OrdersByBytes) {
  EXPECT_LT(Text("a"), Text("b"));
  EXPECT_EQ(fmt::format("{}/{}", Text("a"), Text::owned("b")), "a/b");
  EXPECT_EQ(std::hash<Text>{}(Text("k")), std::hash<Text>{}(Text::owned("k")));
}

}  // namespace odradek::protocol
