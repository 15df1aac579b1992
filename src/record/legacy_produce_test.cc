// Sets of formats v0 and v1 from old producers, validated into v2 batches.
#include <gtest/gtest.h>

#include "record/batch_validator_fixture.h"
#include "record/describe.h"
#include "record/legacy.h"

namespace odradek::record {
namespace {

class LegacyProduceTest : public BatchValidatorTest {
 protected:
  LegacyProduceTest() { context.produce_version = 2; }

  static Bytes plain_set(int8_t magic) {
    Bytes set;
    for (int i = 0; i < 3; ++i) {
      append_legacy_entry(set, magic, Offset{i}, now + i, 0, as_bytes("k"), as_bytes("value"));
    }
    return set;
  }

  static Bytes wrapped_set(int8_t magic, Codec codec) {
    Bytes compressed;
    const auto compressor = make_compressor(codec, {}, compressed, magic);
    compressor->write(plain_set(magic));
    compressor->finish();
    Bytes set;
    append_legacy_entry(set, magic, Offset{2}, now + 2, static_cast<int16_t>(codec), std::nullopt, compressed);
    return set;
  }

  void expect_converted(Bytes bytes, int8_t magic, Codec codec) const {
    const ValidatedBatch good = accept(std::move(bytes));
    EXPECT_EQ(good.fields.magic, 2);
    EXPECT_EQ(good.fields.codec().value(), codec);
    const Description read = describe_batches(good.bytes().flatten());
    ASSERT_FALSE(read.failure) << read.failure->error.message;
    ASSERT_EQ(read.batches.at(0).records.size(), 3U);
    for (int i = 0; i < 3; ++i) {
      const RecordDescription& record = read.batches[0].records[static_cast<size_t>(i)];
      EXPECT_EQ(record.offset, Offset{i});
      EXPECT_EQ(record.timestamp, magic == 0 ? no_timestamp : now + i);
      EXPECT_EQ(as_text(*record.value), "value");
    }
  }
};

TEST_F(LegacyProduceTest, SetsBecomeOneBatch) {
  for (const int8_t magic : {int8_t{0}, int8_t{1}}) {
    expect_converted(plain_set(magic), magic, Codec::None);
    for (const Codec codec : {Codec::Gzip, Codec::Snappy, Codec::Lz4}) {
      expect_converted(wrapped_set(magic, codec), magic, codec);
    }
  }
}

TEST_F(LegacyProduceTest, LogAppendTimeAppliesToOldFormats) {
  rules.timestamp_type = TimestampType::LogAppendTime;
  const ValidatedBatch good = accept(plain_set(0));
  EXPECT_EQ(good.fields.timestamp_type(), TimestampType::LogAppendTime);
  EXPECT_EQ(good.fields.max_timestamp, now);
}

TEST_F(LegacyProduceTest, OldFormatsNeedOldRequests) {
  context.produce_version = 3;
  EXPECT_EQ(error(plain_set(1)), Errc::InvalidRecord);
}

TEST_F(LegacyProduceTest, InnerDamageIsFound) {
  Bytes inner = plain_set(1);
  inner.back() ^= 1;
  Bytes compressed;
  const auto compressor = make_compressor(Codec::Gzip, {}, compressed, 1);
  compressor->write(inner);
  compressor->finish();
  Bytes set;
  append_legacy_entry(set, 1, Offset{2}, now, 1, std::nullopt, compressed);
  EXPECT_EQ(error(set), Errc::CorruptMessage);
}

TEST_F(LegacyProduceTest, AnInnerRecordCutShortDoesNotCount) {
  for (const size_t cut : {size_t{1}, plain_set(1).size() - 20}) {
    Bytes inner = plain_set(1);
    inner.resize(inner.size() - cut);
    Bytes compressed;
    const auto compressor = make_compressor(Codec::Gzip, {}, compressed, 1);
    compressor->write(inner);
    compressor->finish();
    Bytes set;
    append_legacy_entry(set, 1, Offset{1}, now, 1, std::nullopt, compressed);
    if (cut == 1) {
      EXPECT_EQ(accept(set).fields.record_count, 2);
    } else {
      EXPECT_EQ(error(set), Errc::InvalidRecord);
    }
  }
}

TEST_F(LegacyProduceTest, CompressedSetsComeAlone) {
  Bytes two = wrapped_set(1, Codec::Gzip);
  const Bytes plain = plain_set(1);
  Bytes after = two;
  after.insert(after.end(), plain.begin(), plain.end());
  EXPECT_EQ(error(after), Errc::InvalidRecord);
  Bytes before = plain;
  before.insert(before.end(), two.begin(), two.end());
  EXPECT_EQ(error(before), Errc::InvalidRecord);
}

}  // namespace
}  // namespace odradek::record
