#include "record/legacy.h"

#include <gtest/gtest.h>

#include <string>

#include "record/batch_builder.h"
#include "record/control_record.h"
#include "record/describe.h"

namespace odradek::record {
namespace {

Bytes v2_batch(Codec codec, int count = 5) {
  BatchOptions options;
  options.base_offset = Offset{50};
  options.codec = codec;
  BatchBuilder builder(options);
  const RecordHeader headers[] = {{.key = "dropped", .value = std::nullopt}};
  for (int i = 0; i < count; ++i) {
    // Offsets with gaps, as compaction leaves them.
    builder.append_at(
        Offset{50 + 2 * i},
        RecordFields{.timestamp = 900 + i, .key = as_bytes("k"), .value = as_bytes("value"), .headers = headers});
  }
  return builder.finish();
}

BatchEntry entry_of(ByteView bytes) { return BatchScanner(bytes).next().value().value(); }

Result<Bytes> convert(ByteView stored, int8_t magic, Offset first_wanted = Offset{0},
                      size_t plain_size_max = size_t{64} << 20) {
  Bytes out;
  DownConversion conversion(entry_of(stored), magic, first_wanted, out, plain_size_max);
  for (;;) {
    TRY(const bool is_done, conversion.step());
    if (is_done) {
      return out;
    }
  }
}

TEST(DownConversion, KeepsOffsetsTimestampsAndCodec) {
  for (const int8_t magic : {int8_t{0}, int8_t{1}}) {
    for (const Codec codec : {Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4}) {
      SCOPED_TRACE(std::string(name(codec)) + " to v" + std::to_string(magic));
      const Bytes stored = v2_batch(codec);
      const Bytes out = convert(stored, magic).value();
      const Description read = describe_batches(out);
      ASSERT_FALSE(read.failure) << read.failure->error.message;
      EXPECT_EQ(read.batches.size(), codec == Codec::None ? 5U : 1U);
      int i = 0;
      for (const BatchDescription& batch : read.batches) {
        EXPECT_EQ(batch.header.magic, magic);
        EXPECT_EQ(batch.header.codec().value(), codec);
        for (const RecordDescription& record : batch.records) {
          EXPECT_EQ(record.offset, Offset{50 + 2 * i});
          EXPECT_EQ(record.timestamp, magic == 0 ? no_timestamp : 900 + i);
          EXPECT_EQ(as_text(*record.value), "value");
          ++i;
        }
      }
      EXPECT_EQ(i, 5);
    }
  }
}

TEST(DownConversion, LeavesOutRecordsBelowTheFirstWanted) {
  for (const Codec codec : {Codec::None, Codec::Gzip}) {
    const Bytes stored = v2_batch(codec);
    const Bytes out = convert(stored, 1, Offset{55}).value();
    const Description read = describe_batches(out);
    EXPECT_EQ(read.batches.at(0).first_offset, Offset{56});
    EXPECT_EQ(read.batches.back().header.last_offset, Offset{58});
  }
}

TEST(DownConversion, V1BecomesV0) {
  Bytes stored;
  append_legacy_entry(stored, 1, Offset{7}, 1234, 0, as_bytes("k"), as_bytes("v"));
  const Bytes out = convert(stored, 0).value();
  EXPECT_EQ(entry_of(out).header.magic, 0);
  EXPECT_TRUE(check_batch(out).has_value());
}

TEST(DownConversion, OldEntriesAreCopied) {
  Bytes stored;
  append_legacy_entry(stored, 0, Offset{7}, no_timestamp, 0, as_bytes("k"), as_bytes("v"));
  EXPECT_EQ(convert(stored, 1).value(), stored);
}

TEST(DownConversion, ControlBatchesVanish) {
  const Bytes stored = marker_batch({.commit = true, .coordinator_epoch = 0}, ProducerId{1}, ProducerEpoch{0}, 5);
  EXPECT_TRUE(convert(stored, 1).value().empty());
}

TEST(DownConversion, ZstdIsRefused) {
  const Bytes stored = v2_batch(Codec::Zstd);
  EXPECT_EQ(convert(stored, 1).error().code, Errc::UnsupportedCompressionType);
}

TEST(DownConversion, PlainSizeIsBounded) {
  const Bytes stored = v2_batch(Codec::Gzip, 10'000);
  EXPECT_EQ(convert(stored, 1, Offset{0}, 100'000).error().code, Errc::RecordTooLarge);
}

TEST(DownConversion, AStepTakesAboutItsBudgetOfAHugeRecordToo) {
  const Bytes huge(size_t{4} << 20);
  BatchOptions options;
  options.codec = Codec::Gzip;
  BatchBuilder builder(options);
  builder.append({.timestamp = 900, .key = std::nullopt, .value = ByteView(huge), .headers = {}});
  builder.append({.timestamp = 901, .key = std::nullopt, .value = as_bytes("next"), .headers = {}});
  const Bytes stored = builder.finish();
  Bytes out;
  DownConversion conversion(entry_of(stored), 1, Offset{0}, out);
  int steps = 1;
  for (; !conversion.step().value(); ++steps) {
  }
  EXPECT_GE(steps, 100) << "64 to decompress it, and 64 to compress it";
  const Description read = describe_batches(out);
  ASSERT_FALSE(read.failure) << read.failure->error.message;
  ASSERT_EQ(read.batches.at(0).records.size(), 2U);
  EXPECT_EQ(read.batches[0].records[0].value->size(), huge.size());
  EXPECT_EQ(as_text(*read.batches[0].records[1].value), "next");
}

TEST(FirstOffset, OfCompressedSetsIsThatOfTheFirstInnerRecord) {
  for (const int8_t magic : {int8_t{0}, int8_t{1}}) {
    const Bytes stored = v2_batch(Codec::Gzip);
    const Bytes out = convert(stored, magic).value();
    EXPECT_EQ(entry_of(out).header.base_offset, Offset{58});
    EXPECT_EQ(first_offset(entry_of(out)).value(), Offset{50});
  }
}

}  // namespace
}  // namespace odradek::record
