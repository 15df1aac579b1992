#include "storage/offset_map.h"

#include <string>

#include <gtest/gtest.h>

namespace odradek::storage {

namespace {

constexpr detail::HashKey seed{0x0706050403020100, 0x0f0e0d0c0b0a0908};

TEST(KeyedHash, IsSipHash24WithItsPublishedVectors) {
  // The first words of vectors_sip128 for inputs of 0 and 15 bytes 00 01 02 ...
  EXPECT_EQ(detail::keyed_hash(seed, {}), (detail::Hash128{0xe6a825ba047f81a3, 0x930255c71472f66d}));
  Bytes input(15);
  for (size_t i = 0; i < input.size(); ++i) {
    input[i] = static_cast<uint8_t>(i);
  }
  EXPECT_EQ(detail::keyed_hash(seed, input), (detail::Hash128{0x11a8b03399e99354, 0xd9c3cf970fec087e}));
}

TEST(OffsetMap, FindsTheLastOffsetOfAKey) {
  OffsetMap map(10, 1 << 20, 0.9, seed);
  EXPECT_TRUE(map.put(as_bytes("a"), Offset{100}));
  EXPECT_TRUE(map.put(as_bytes("b"), Offset{101}));
  EXPECT_TRUE(map.put(as_bytes("a"), Offset{105}));
  EXPECT_EQ(map.find(as_bytes("a")), Offset{105});
  EXPECT_EQ(map.find(as_bytes("b")), Offset{101});
  EXPECT_EQ(map.find(as_bytes("c")), std::nullopt);
  EXPECT_EQ(map.find({}), std::nullopt);
  EXPECT_EQ(map.size(), 2u);
}

TEST(OffsetMap, TakesNoMoreMemoryThanItMay) {
  const OffsetMap large(uint64_t{1} << 40, 8 << 20, 0.9, seed);
  EXPECT_LE(large.memory_bytes(), size_t{8} << 20);
  EXPECT_GE(large.capacity(), 470'000u);
  const OffsetMap small(100, 8 << 20, 0.9, seed);
  EXPECT_LE(small.memory_bytes(), 2000u);
  EXPECT_GE(small.capacity(), 100u);
}

TEST(OffsetMap, FullItStillTakesKeysThatItKnows) {
  OffsetMap map(1000, 100 * 16, 0.9, seed);
  size_t count = 0;
  while (map.put(as_bytes(std::to_string(count)), Offset{static_cast<int64_t>(count)})) {
    ++count;
  }
  EXPECT_EQ(count, map.capacity());
  EXPECT_EQ(count, 90u);
  EXPECT_TRUE(map.put(as_bytes("5"), Offset{1000}));
  EXPECT_FALSE(map.put(as_bytes("new"), Offset{1001}));
  EXPECT_EQ(map.find(as_bytes("5")), Offset{1000});
  EXPECT_EQ(map.find(as_bytes("89")), Offset{89});
  EXPECT_EQ(map.find(as_bytes("new")), std::nullopt);
}

TEST(OffsetMap, OffsetsTooFarAboveTheFirstDoNotFit) {
  OffsetMap map(1000, 1 << 20, 0.9, seed);
  EXPECT_TRUE(map.put(as_bytes("a"), Offset{int64_t{1} << 40}));
  EXPECT_TRUE(map.put(as_bytes("b"), Offset{(int64_t{1} << 40) + 0xfffffffe}));
  EXPECT_FALSE(map.put(as_bytes("c"), Offset{(int64_t{1} << 40) + 0xffffffff}));
  EXPECT_EQ(map.find(as_bytes("b")), (Offset{(int64_t{1} << 40) + 0xfffffffe}));
}

}  // namespace

}  // namespace odradek::storage
