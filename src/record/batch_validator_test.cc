#include "record/batch_validator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/varint.h"
#include "record/batch_builder.h"
#include "record/batch_validator_fixture.h"
#include "record/describe.h"

namespace odradek::record {
namespace {

TEST_F(BatchValidatorTest, GoodBatchKeepsItsBytes) {
  const Bytes bytes = batch();
  ValidatedBatch good = accept(bytes);
  good.place_at(Offset{100}, LeaderEpoch{7});
  EXPECT_FALSE(good.is_rewritten);
  EXPECT_TRUE(equal(good.records.view(), ByteView(bytes).subspan(batch_header_size)));
  EXPECT_EQ(good.fields.base_offset, Offset{100});
  EXPECT_EQ(good.fields.last_offset, Offset{102});
  EXPECT_EQ(good.fields.leader_epoch, LeaderEpoch{7});
  EXPECT_EQ(good.fields.max_timestamp, now + 2);
  EXPECT_EQ(good.max_timestamp_delta, 2);
  EXPECT_TRUE(check_batch(good.bytes().flatten()).has_value());
}

TEST_F(BatchValidatorTest, EveryCodecIsAcceptedAsItIs) {
  for (const Codec codec : {Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd}) {
    BatchOptions options;
    options.codec = codec;
    const ValidatedBatch good = accept(batch(5000, options));
    EXPECT_FALSE(good.is_rewritten) << name(codec);
    EXPECT_EQ(good.fields.record_count, 5000);
    EXPECT_EQ(good.max_timestamp_delta, 4999);
  }
}

TEST_F(BatchValidatorTest, SmallBudgetsComeToTheSame) {
  for (const Codec codec : {Codec::None, Codec::Zstd}) {
    BatchOptions options;
    options.codec = codec;
    const Bytes bytes = batch(3000, options, 300);
    BatchValidator validator{Blob(bytes), rules, context};
    int steps = 1;
    while (!validator.step(1000)) {
      ++steps;
    }
    ASSERT_FALSE(validator.error()) << validator.error()->message;
    EXPECT_GT(steps, 10);
    EXPECT_EQ(validator.take().fields, accept(bytes).fields);
  }
}

TEST_F(BatchValidatorTest, DamageIsCorruptMessage) {
  Bytes flipped = batch();
  flipped.back() ^= 1;
  EXPECT_EQ(error(flipped), Errc::CorruptMessage);
  Bytes magic = batch();
  magic[magic_at] = 3;
  EXPECT_EQ(error(magic), Errc::CorruptMessage);
  BatchOptions options;
  options.codec = Codec::Gzip;
  Bytes cut = batch(100, options);
  cut.resize(cut.size() - 20);
  EXPECT_EQ(error(with(cut, length_at, static_cast<int32_t>(cut.size() - log_overhead))), Errc::CorruptMessage);
}

TEST_F(BatchValidatorTest, UnknownCodecIsUnsupported) {
  EXPECT_EQ(error(with(batch(), attributes_at, int16_t{5})), Errc::UnsupportedCompressionType);
}

TEST_F(BatchValidatorTest, ZstdNeedsProduceVersion7) {
  BatchOptions options;
  options.codec = Codec::Zstd;
  context.produce_version = 6;
  EXPECT_EQ(error(batch(3, options)), Errc::UnsupportedCompressionType);
  context.produce_version = 7;
  EXPECT_EQ(error(batch(3, options)), std::nullopt);
}

TEST_F(BatchValidatorTest, NoOrSeveralBatchesAreInvalid) {
  EXPECT_EQ(error({}), Errc::InvalidRecord);
  Bytes two = batch();
  const Bytes second = batch();
  two.insert(two.end(), second.begin(), second.end());
  EXPECT_EQ(error(two), Errc::InvalidRecord);
}

TEST_F(BatchValidatorTest, BytesOfACutBatchAreIgnored) {
  Bytes bytes = batch();
  const Bytes second = batch();
  bytes.insert(bytes.end(), second.begin(), second.begin() + 70);
  EXPECT_EQ(accept(bytes).size(), second.size());
}

TEST_F(BatchValidatorTest, ClientsWriteNoControlBatches) {
  EXPECT_EQ(error(with(batch(), attributes_at, control_bit)), Errc::InvalidRecord);
}

TEST_F(BatchValidatorTest, CountAndOffsetsMustAgree) {
  EXPECT_EQ(error(with(batch(), last_offset_delta_at, 3)), Errc::InvalidRecord);
  EXPECT_EQ(error(with(batch(), record_count_at, 0)), Errc::InvalidRecord);
  EXPECT_EQ(error(with(with(batch(), record_count_at, 4), last_offset_delta_at, 3)), Errc::InvalidRecord);
  EXPECT_EQ(error(with(with(batch(), record_count_at, 2), last_offset_delta_at, 1)), Errc::InvalidRecord);
  EXPECT_EQ(error(with(batch(), base_offset_at, int64_t{5})), Errc::InvalidRecord);
  rules.batch_size_max = batch_header_size;
  EXPECT_EQ(error(with(batch(), base_offset_at, int64_t{5})), Errc::InvalidRecord) << "before the size is looked at";
}

TEST_F(BatchValidatorTest, OffsetGapsAreRefusedPlainAndClosedCompressed) {
  for (const Codec codec : {Codec::None, Codec::Lz4}) {
    BatchOptions options;
    options.codec = codec;
    BatchBuilder builder(options);
    builder.append({.timestamp = now, .key = {}, .value = as_bytes("a"), .headers = {}});
    builder.append_at(Offset{2}, RecordFields{.timestamp = now, .key = {}, .value = as_bytes("b"), .headers = {}});
    const Bytes bytes = with(builder.finish(), last_offset_delta_at, 1);
    if (codec == Codec::None) {
      EXPECT_EQ(error(bytes), Errc::InvalidRecord);
    } else {
      const Description read = describe_batches(accept(bytes).bytes().flatten());
      ASSERT_EQ(read.batches.at(0).records.size(), 2U);
      EXPECT_EQ(read.batches[0].records[1].offset, Offset{1});
    }
  }
}

TEST_F(BatchValidatorTest, ProducerFieldsMustFitTogether) {
  BatchOptions options;
  options.producer_id = ProducerId{9};
  options.producer_epoch = ProducerEpoch{0};
  EXPECT_EQ(error(batch(3, options)), Errc::InvalidRecord);
  options.base_sequence = 0;
  EXPECT_EQ(error(batch(3, options)), std::nullopt);
  EXPECT_EQ(error(with(batch(), attributes_at, transactional_bit)), Errc::InvalidRecord);
}

TEST_F(BatchValidatorTest, OneBadTimestampDecidesWhateverElseIsWrong) {
  rules.keys_required = true;
  rules.timestamp_before_max_ms = 1000;
  BatchBuilder builder({});
  builder.append({.timestamp = now, .key = std::nullopt, .value = {}, .headers = {}});
  builder.append({.timestamp = now - 1001, .key = as_bytes("k"), .value = {}, .headers = {}});
  const BatchValidator validator = run(builder.finish());
  ASSERT_TRUE(validator.error());
  EXPECT_EQ(validator.error()->code, Errc::InvalidTimestamp);
  EXPECT_EQ(validator.record_errors().size(), 2U);
}

TEST_F(BatchValidatorTest, MissingKeysAreNamedOnCompactedTopics) {
  rules.keys_required = true;
  for (const Codec codec : {Codec::None, Codec::Snappy}) {
    BatchOptions options;
    options.codec = codec;
    BatchBuilder builder(options);
    for (int i = 0; i < 4; ++i) {
      builder.append({.timestamp = now,
                      .key = i % 2 == 0 ? std::optional(as_bytes("k")) : std::nullopt,
                      .value = {},
                      .headers = {}});
    }
    const BatchValidator validator = run(builder.finish());
    ASSERT_TRUE(validator.error());
    EXPECT_EQ(validator.error()->code, Errc::InvalidRecord);
    ASSERT_EQ(validator.record_errors().size(), 2U);
    EXPECT_EQ(validator.record_errors()[0].index, 1);
    EXPECT_EQ(validator.record_errors()[1].index, 3);
  }
}

TEST_F(BatchValidatorTest, TimestampsOutOfRangeAreNamed) {
  rules.timestamp_before_max_ms = 1000;
  rules.timestamp_after_max_ms = 1;
  BatchBuilder builder({});
  for (const int64_t timestamp : {now, now - 1001, now + 2, no_timestamp, now - 1000, now + 1}) {
    builder.append({.timestamp = timestamp, .key = {}, .value = {}, .headers = {}});
  }
  const BatchValidator validator = run(builder.finish());
  ASSERT_TRUE(validator.error());
  EXPECT_EQ(validator.error()->code, Errc::InvalidTimestamp);
  ASSERT_EQ(validator.record_errors().size(), 2U);
  EXPECT_EQ(validator.record_errors()[0].index, 1);
  EXPECT_EQ(validator.record_errors()[1].index, 2);
}

TEST_F(BatchValidatorTest, LogAppendTimeIsSetAndChecksumMended) {
  rules.timestamp_type = TimestampType::LogAppendTime;
  rules.timestamp_after_max_ms = 0;
  context.now_ms = now + 50'000;
  const Bytes stored = accept(batch()).bytes().flatten();
  ASSERT_TRUE(check_batch(stored).has_value());
  const BatchHeader header = parse_batch_header(stored).value();
  EXPECT_EQ(header.timestamp_type(), TimestampType::LogAppendTime);
  EXPECT_EQ(header.max_timestamp, now + 50'000);
}

TEST_F(BatchValidatorTest, AProducersTimestampTypeGivesWayToTheTopics) {
  BatchOptions stated;
  stated.timestamp_type = TimestampType::LogAppendTime;
  stated.log_append_time = now;
  BatchBuilder builder(stated);
  builder.append({.timestamp = now, .key = {}, .value = {}, .headers = {}});
  const Bytes sent = builder.finish();
  ASSERT_EQ(parse_batch_header(sent).value().timestamp_type(), TimestampType::LogAppendTime);
  const Bytes stored = accept(sent).bytes().flatten();
  ASSERT_TRUE(check_batch(stored).has_value());
  EXPECT_EQ(parse_batch_header(stored).value().timestamp_type(), TimestampType::CreateTime);
  rules.timestamp_type = TimestampType::LogAppendTime;
  const BatchValidator validator = run(sent);
  ASSERT_TRUE(validator.error());
  EXPECT_EQ(validator.error()->code, Errc::InvalidTimestamp);
}

TEST_F(BatchValidatorTest, WrongMaximumTimestampIsCorrected) {
  const ValidatedBatch good = accept(with(batch(), max_timestamp_at, now + 999));
  EXPECT_EQ(good.fields.max_timestamp, now + 2);
  EXPECT_TRUE(check_batch(good.bytes().flatten()).has_value());
}

TEST_F(BatchValidatorTest, TopicCodecWins) {
  for (const Codec from : {Codec::None, Codec::Gzip, Codec::Zstd}) {
    for (const Codec to : {Codec::None, Codec::Snappy, Codec::Lz4, Codec::Zstd}) {
      BatchOptions options;
      options.codec = from;
      options.producer_id = ProducerId{9};
      options.producer_epoch = ProducerEpoch{1};
      options.base_sequence = 40;
      rules.codec = to;
      const ValidatedBatch good = accept(batch(500, options));
      EXPECT_EQ(good.is_rewritten, from != to);
      EXPECT_EQ(good.fields.codec().value(), to);
      EXPECT_EQ(good.fields.base_sequence, 40);
      const Description read = describe_batches(good.bytes().flatten());
      ASSERT_FALSE(read.failure) << read.failure->error.message;
      EXPECT_EQ(read.batches.at(0).records.size(), 500U);
      EXPECT_EQ(read.batches[0].records[499].timestamp, now + 499);
    }
  }
}

TEST_F(BatchValidatorTest, TooLargeBatchesAreRefusedBeforeAndAfterConversion) {
  rules.batch_size_max = 10'000;
  EXPECT_EQ(error(batch(2000)), Errc::RecordTooLarge);
  BatchOptions options;
  options.codec = Codec::Gzip;
  EXPECT_EQ(error(batch(500, options)), std::nullopt);
  rules.codec = Codec::None;
  EXPECT_EQ(error(batch(500, options)), Errc::RecordTooLarge);
}

TEST_F(BatchValidatorTest, ARecordOverAHundredTimesTheLimitIsInvalid) {
  rules.batch_size_max = 4096;
  BatchOptions options;
  options.codec = Codec::Zstd;
  EXPECT_EQ(error(batch(1, options, 400'000)), std::nullopt);
  EXPECT_EQ(error(batch(1, options, 500'000)), Errc::InvalidRecord);
}

// One record of `size` zeros, compressed without ever being in memory.
Bytes bomb(Codec codec, int64_t size) {
  Bytes out(batch_header_size);
  const auto compressor = make_compressor(codec, {}, out);
  Bytes front;
  uint8_t number[varint64_size_max];
  const auto put = [&](int32_t value) { front.insert(front.end(), number, number + write_varint(number, value)); };
  const auto value_size = static_cast<int32_t>(size);
  put(static_cast<int32_t>(1 + 1 + 1 + 1 + varint_size(value_size) + static_cast<size_t>(size) + 1));
  front.push_back(0);
  put(0);
  put(0);
  put(-1);
  put(value_size);
  compressor->write(front);
  const Bytes zeros(size_t{1} << 20);
  for (int64_t left = size; left > 0; left -= static_cast<int64_t>(zeros.size())) {
    compressor->write(ByteView(zeros).first(std::min<size_t>(zeros.size(), static_cast<size_t>(left))));
  }
  compressor->write(Bytes{0});
  compressor->finish();
  BatchHeader header;
  header.attributes = static_cast<int16_t>(codec);
  header.base_timestamp = now;
  header.max_timestamp = now;
  header.record_count = 1;
  write_batch_header(header, ByteView(out).subspan(batch_header_size), out);
  return out;
}

TEST_F(BatchValidatorTest, ARecordJustUnderTheLimitPassesWithoutBeingHeld) {
  EXPECT_EQ(error(bomb(Codec::Zstd, 90'000'000)), std::nullopt);
  EXPECT_EQ(error(bomb(Codec::Zstd, 2'000'000'000)), Errc::InvalidRecord);
}

}  // namespace
}  // namespace odradek::record
