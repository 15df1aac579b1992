#include "config/properties.h"

#include <gtest/gtest.h>

namespace odradek::config {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs parse(std::string_view text) {
  Pairs pairs;
  const auto properties = parse_properties(text);
  EXPECT_TRUE(properties) << properties.error().message;
  for (const Property& property : *properties) {
    pairs.emplace_back(property.key, property.value);
  }
  return pairs;
}

TEST(Properties, KeyEndsAtEqualsColonOrSpace) {
  EXPECT_EQ(parse("a=1\nb:2\nc 3\nd = 4\ne\t:\t5\nf"),
            (Pairs{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}, {"f", ""}}));
}

TEST(Properties, ValueMayHoldSeparatorsAndKeepsTrailingSpace) {
  EXPECT_EQ(parse("listeners=PLAINTEXT://:9092 "), (Pairs{{"listeners", "PLAINTEXT://:9092 "}}));
  EXPECT_EQ(parse("a==b"), (Pairs{{"a", "=b"}}));
}

TEST(Properties, CommentsAndBlankLinesAreSkipped) {
  EXPECT_EQ(parse("# x=1\n  ! y=2\n\n \t\na=1 # not a comment\n"), (Pairs{{"a", "1 # not a comment"}}));
}

TEST(Properties, CommentsAreNotContinued) { EXPECT_EQ(parse("# x \\\na=1"), (Pairs{{"a", "1"}})); }

TEST(Properties, BackslashContinuesALine) {
  EXPECT_EQ(parse("a=one,\\\n   two,\\\r\n\tthree\nb=2"), (Pairs{{"a", "one,two,three"}, {"b", "2"}}));
  EXPECT_EQ(parse("a=x\\\\\nb=2"), (Pairs{{"a", "x\\"}, {"b", "2"}}));
  EXPECT_EQ(parse("a=x\\"), (Pairs{{"a", "x"}}));
}

TEST(Properties, EscapesStandForTheirCharacters) {
  EXPECT_EQ(parse("a\\ b\\==\\t\\n\\:\\u00e4\\u20AC"), (Pairs{{"a b=", "\t\n:\xC3\xA4\xE2\x82\xAC"}}));
  EXPECT_EQ(parse("a=\\ud83d\\ude00"), (Pairs{{"a", "\xF0\x9F\x98\x80"}}));
}

TEST(Properties, BadUnicodeEscapeIsRefusedWithItsLine) {
  const auto refused = parse_properties("a=1\nb=\\u12g4\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::InvalidConfig);
  EXPECT_TRUE(refused.error().message.starts_with("line 2:"));
  EXPECT_FALSE(parse_properties("a=\\u12"));
}

TEST(Properties, LastOfAKeyWins) {
  const auto properties = parse_properties("a=1\nb=2\na=3");
  ASSERT_TRUE(properties);
  EXPECT_EQ(*properties, (std::vector<Property>{{"b", "2", 2}, {"a", "3", 3}}));
}

TEST(Properties, LinesMayEndInCarriageReturn) {
  EXPECT_EQ(parse("a=1\rb=2\r\nc=3"), (Pairs{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
}

}  // namespace
}  // namespace odradek::config
