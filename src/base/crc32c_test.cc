#include "base/crc32c.h"

#include <gtest/gtest.h>

#include "base/big_endian.h"

namespace odradek {
namespace {

// The check values that the catalogues of checksums give for "123456789".
TEST(Crc, CheckValues) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283U);
  EXPECT_EQ(crc32(as_bytes("123456789")), 0xCBF43926U);
  EXPECT_EQ(crc32c({}), 0U);
  EXPECT_EQ(crc32({}), 0U);
}

TEST(Crc, GoesOnWhereAnEarlierOneEnded) {
  const ByteView whole = as_bytes("one piece after the other, of odd lengths");
  for (size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(crc32c(whole.subspan(cut), crc32c(whole.first(cut))), crc32c(whole));
    EXPECT_EQ(crc32(whole.subspan(cut), crc32(whole.first(cut))), crc32(whole));
  }
}

TEST(BigEndian, MostSignificantByteFirstAtAnyAddress) {
  uint8_t bytes[9] = {};
  store_big_endian<int32_t>(bytes + 1, 0x01020304);
  EXPECT_EQ(bytes[1], 1);
  EXPECT_EQ(bytes[4], 4);
  EXPECT_EQ(load_big_endian<int32_t>(bytes + 1), 0x01020304);
  store_big_endian<int64_t>(bytes + 1, -2);
  EXPECT_EQ(load_big_endian<int64_t>(bytes + 1), -2);
  EXPECT_EQ(load_big_endian<uint16_t>(bytes + 7), 0xfffeU);
  EXPECT_EQ(load_big_endian<int8_t>(bytes + 8), -2);
}

}  // namespace
}  // namespace odradek
