#include "base/varint.h"

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace odradek {
namespace {

Bytes encoded(uint64_t value) {
  Bytes bytes(varint64_size_max);
  bytes.resize(write_unsigned_varlong(bytes.data(), value));
  return bytes;
}

TEST(Varint, UnsignedFormsAreLeb128) {
  EXPECT_EQ(encoded(0), Bytes({0x00}));
  EXPECT_EQ(encoded(127), Bytes({0x7f}));
  EXPECT_EQ(encoded(128), Bytes({0x80, 0x01}));
  EXPECT_EQ(encoded(0xffffffff), Bytes({0xff, 0xff, 0xff, 0xff, 0x0f}));
  EXPECT_EQ(encoded(~0ULL), Bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
}

TEST(Varint, ZigZagPutsSmallMagnitudesFirst) {
  EXPECT_EQ(zigzag(int32_t{0}), 0U);
  EXPECT_EQ(zigzag(int32_t{-1}), 1U);
  EXPECT_EQ(zigzag(int32_t{1}), 2U);
  EXPECT_EQ(zigzag(std::numeric_limits<int32_t>::min()), 0xffffffffU);
  EXPECT_EQ(zigzag(std::numeric_limits<int64_t>::max()), ~1ULL);
}

TEST(Varint, SignedNumbersSurviveTheRoundTrip) {
  const std::vector<int64_t> numbers{
      0, 1, -1, 63, -64, 64, -65, 1'000'000, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  for (const int64_t number : numbers) {
    std::array<uint8_t, varint64_size_max> bytes{};
    const size_t size = write_varlong(bytes.data(), number);
    EXPECT_EQ(size, varlong_size(number));
    int64_t back = 0;
    EXPECT_EQ(read_varlong(bytes, back), size);
    EXPECT_EQ(back, number);
  }
  for (const int32_t number : {0, -1, 300, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()}) {
    std::array<uint8_t, varint64_size_max> bytes{};
    const size_t size = write_varint(bytes.data(), number);
    EXPECT_EQ(size, varint_size(number));
    int32_t back = 0;
    EXPECT_EQ(read_varint(bytes, back), size);
    EXPECT_EQ(back, number);
  }
}

TEST(Varint, WhatEndsTooEarlyOrGoesOnTooLongIsRefused) {
  uint32_t value = 0;
  EXPECT_EQ(read_unsigned_varint({}, value), 0U);
  EXPECT_EQ(read_unsigned_varint(Bytes({0x80, 0x80}), value), 0U);
  EXPECT_EQ(read_unsigned_varint(Bytes({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), value), 0U);
  uint64_t wide = 0;
  EXPECT_EQ(read_unsigned_varlong(Bytes(11, 0x80), wide), 0U);
}

TEST(Varint, OverlongFormsAreAccepted) {
  uint32_t value = 99;
  EXPECT_EQ(read_unsigned_varint(Bytes({0x81, 0x80, 0x80, 0x80, 0x00}), value), 5U);
  EXPECT_EQ(value, 1U);
}

}  // namespace
}  // namespace odradek
