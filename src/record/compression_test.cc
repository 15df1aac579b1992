#include "record/compression.h"

#include <gtest/gtest.h>
#include <snappy.h>

#include <algorithm>
#include <random>
#include <string>

namespace odradek::record {
namespace {

constexpr Codec all_codecs[] = {Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd};

Bytes compress(Codec codec, ByteView plain, const CompressionLevels& levels = {}, int8_t magic = 2) {
  Bytes out;
  const auto compressor = make_compressor(codec, levels, out, magic);
  while (!plain.empty()) {
    const size_t size = std::min<size_t>(plain.size(), 10'000);
    compressor->write(plain.first(size));
    plain = plain.subspan(size);
  }
  compressor->finish();
  return out;
}

Result<Bytes> decompress(Codec codec, ByteView compressed, int8_t magic = 2, size_t step = 777) {
  const auto decompressor = make_decompressor(codec, compressed, magic);
  Bytes plain;
  Bytes window(step);
  for (;;) {
    TRY(const size_t size, decompressor->read(window));
    if (size == 0) {
      return plain;
    }
    plain.insert(plain.end(), window.begin(), window.begin() + static_cast<ptrdiff_t>(size));
  }
}

// Text with repetitions, and noise between.
Bytes sample(size_t size) {
  std::mt19937 random(7);
  Bytes bytes;
  while (bytes.size() < size) {
    const std::string text = "the quick brown fox " + std::to_string(random());
    bytes.insert(bytes.end(), text.begin(), text.end());
  }
  bytes.resize(size);
  return bytes;
}

TEST(Compression, WhatGoesInComesOut) {
  for (const Codec codec : all_codecs) {
    for (const size_t size : {0U, 1U, 100U, 32'768U, 65'536U, 65'537U, 1'000'000U}) {
      SCOPED_TRACE(std::string(name(codec)) + " " + std::to_string(size));
      const Bytes plain = sample(size);
      const Bytes compressed = compress(codec, plain);
      EXPECT_EQ(decompress(codec, compressed), plain);
      EXPECT_EQ(decompress(codec, compressed, 2, 1 << 20), plain);
      if (codec != Codec::None && size > 1000) {
        EXPECT_LT(compressed.size(), size);
      }
    }
  }
}

TEST(Compression, EveryLevelIsTaken) {
  const Bytes plain = sample(200'000);
  for (const int level : {-1, 1, 6, 9}) {
    EXPECT_EQ(decompress(Codec::Gzip, compress(Codec::Gzip, plain, {.gzip = level})), plain);
  }
  for (const int level : {1, 9, 12, 17}) {
    EXPECT_EQ(decompress(Codec::Lz4, compress(Codec::Lz4, plain, {.lz4 = level})), plain);
  }
  for (const int level : {-131072, 1, 22}) {
    EXPECT_EQ(decompress(Codec::Zstd, compress(Codec::Zstd, plain, {.zstd = level})), plain);
  }
}

TEST(Compression, HigherLevelsCompressBetter) {
  const Bytes plain = sample(500'000);
  EXPECT_LT(compress(Codec::Gzip, plain, {.gzip = 9}).size(), compress(Codec::Gzip, plain, {.gzip = 1}).size());
  EXPECT_LT(compress(Codec::Lz4, plain, {.lz4 = 12}).size(), compress(Codec::Lz4, plain, {}).size());
  EXPECT_LT(compress(Codec::Zstd, plain, {.zstd = 19}).size(), compress(Codec::Zstd, plain, {.zstd = 1}).size());
}

TEST(Compression, CutStreamsAreCorrupt) {
  const Bytes plain = sample(100'000);
  for (const Codec codec : {Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd}) {
    const Bytes compressed = compress(codec, plain);
    for (const size_t left : {size_t{5}, compressed.size() / 2, compressed.size() - 1}) {
      const Result<Bytes> read = decompress(codec, ByteView(compressed).first(left));
      ASSERT_FALSE(read.has_value()) << name(codec) << " cut to " << left;
      EXPECT_EQ(read.error().code, Errc::CorruptMessage);
    }
  }
}

TEST(Compression, GzipMembersAreOneStream) {
  Bytes two = compress(Codec::Gzip, as_bytes("one "));
  const Bytes second = compress(Codec::Gzip, as_bytes("two"));
  two.insert(two.end(), second.begin(), second.end());
  EXPECT_EQ(as_text(decompress(Codec::Gzip, two).value()), "one two");
}

TEST(Compression, ABareSnappyBlockIsRead) {
  const Bytes plain = sample(100'000);
  std::string block;
  snappy::Compress(reinterpret_cast<const char*>(plain.data()), plain.size(), &block);
  EXPECT_EQ(decompress(Codec::Snappy, as_bytes(block)), plain);
}

TEST(Compression, ASnappyBlockCannotClaimMoreThanItCanHold) {
  const Bytes claims_4_gb{0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00};
  EXPECT_FALSE(decompress(Codec::Snappy, claims_4_gb).has_value());
}

TEST(Compression, Lz4OfOldSetsHasTheWrongHeaderChecksum) {
  const Bytes plain = sample(1000);
  const Bytes old = compress(Codec::Lz4, plain, {}, 0);
  const Bytes right = compress(Codec::Lz4, plain, {}, 1);
  constexpr size_t checksum_at = 6;
  EXPECT_EQ(right[4], 0x60);  // version 1, independent blocks, no checksums
  EXPECT_EQ(right[5], 0x40);  // 64 KiB
  EXPECT_EQ(right[checksum_at], 0x82);
  EXPECT_NE(old[checksum_at], right[checksum_at]);
  EXPECT_EQ(decompress(Codec::Lz4, old, 0), plain);
  EXPECT_EQ(decompress(Codec::Lz4, right, 0), plain);
  EXPECT_FALSE(decompress(Codec::Lz4, old, 1).has_value());
}

TEST(Compression, AFrameLeftHalfwayDoesNotSpoilTheNext) {
  const Bytes plain = sample(1000);
  const Bytes good = compress(Codec::Lz4, plain);
  // A frame that promises 8 bytes of content, and is damaged after its header.
  Bytes promises{0x04, 0x22, 0x4D, 0x18, 0x68, 0x40, 8, 0, 0, 0, 0, 0, 0, 0, 0x00, 0xFF, 0xFF, 0xFF, 0x7F};
  EXPECT_FALSE(decompress(Codec::Lz4, promises, 0).has_value());
  EXPECT_EQ(decompress(Codec::Lz4, good), plain);
}

TEST(Compression, UnknownCodecsAreUnsupported) {
  for (const int16_t bits : {int16_t{5}, int16_t{6}, int16_t{7}}) {
    EXPECT_EQ(codec_of(bits).error().code, Errc::UnsupportedCompressionType);
  }
  EXPECT_EQ(codec_of(0x14).value(), Codec::Zstd);
}

}  // namespace
}  // namespace odradek::record
