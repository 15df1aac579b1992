#include "base/uuid.h"

#include <gtest/gtest.h>

namespace odradek {
namespace {

TEST(Uuid, TextIsBase64UrlOfItsBytes) {
  EXPECT_EQ(Uuid(0, 0).text(), "AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(Uuid(0, 1).text(), "AAAAAAAAAAAAAAAAAAAAAQ");
  EXPECT_EQ(Uuid(~0ULL, ~0ULL).text(), "_____________________w");
}

TEST(Uuid, TextAndBytesLeadBack) {
  const Uuid id(0x0123456789abcdef, 0xfedcba9876543210);
  EXPECT_EQ(Uuid::parse(id.text()), id);
  EXPECT_EQ(Uuid::parse(id.text() + "=="), id);
  const auto bytes = id.bytes();
  EXPECT_EQ(bytes.front(), 0x01);
  EXPECT_EQ(bytes.back(), 0x10);
  EXPECT_EQ(Uuid::from_bytes(bytes), id);
}

TEST(Uuid, WhatIsNotOneIsRefused) {
  for (const char* text : {"", "AAAA", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAA+A",
                           "AAAAAAAAAA AAAAAAAAAAA"}) {
    EXPECT_FALSE(Uuid::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace odradek
