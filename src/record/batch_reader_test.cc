#include "record/batch_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "base/big_endian.h"
#include "record/batch_builder.h"
#include "record/control_record.h"
#include "record/detail/record_skimmer.h"

namespace odradek::record {
namespace {

Bytes batch_of(std::initializer_list<size_t> value_sizes, Codec codec, bool with_headers = true) {
  BatchOptions options;
  options.base_offset = Offset{1000};
  options.codec = codec;
  BatchBuilder builder(options);
  int64_t timestamp = 5000;
  const RecordHeader headers[] = {{.key = "h1", .value = as_bytes("v1")}, {.key = "", .value = std::nullopt}};
  for (const size_t size : value_sizes) {
    const Bytes value(size, 'x');
    builder.append(
        {.timestamp = timestamp++,
         .key = as_bytes("key"),
         .value = value,
         .headers = with_headers ? std::span<const RecordHeader>(headers) : std::span<const RecordHeader>()});
  }
  return builder.finish();
}

TEST(BatchScanner, StopsBeforeACutBatch) {
  Bytes bytes = batch_of({1}, Codec::None);
  const size_t whole = bytes.size();
  const Bytes second = batch_of({2}, Codec::None);
  bytes.insert(bytes.end(), second.begin(), second.end() - 1);
  BatchScanner scanner(bytes);
  ASSERT_TRUE(scanner.next().value().has_value());
  EXPECT_FALSE(scanner.next().value().has_value());
  EXPECT_EQ(scanner.position(), whole);
  EXPECT_EQ(scanner.remaining(), second.size() - 1);
}

TEST(BatchHeader, IsParsedFromTheFrontAlone) {
  const Bytes bytes = batch_of({100'000}, Codec::None);
  const BatchHeader header = parse_batch_header(ByteView(bytes).first(batch_header_size)).value();
  EXPECT_EQ(header.size, bytes.size());
  EXPECT_EQ(header.last_offset, Offset{1000});
  EXPECT_FALSE(parse_batch_header(ByteView(bytes).first(batch_header_size - 1)).has_value());
}

TEST(BatchHeader, PlacingKeepsTheChecksum) {
  Bytes bytes = batch_of({1}, Codec::None);
  place(bytes, Offset{77}, LeaderEpoch{3});
  EXPECT_TRUE(check_batch(bytes).has_value());
  EXPECT_EQ(parse_batch_header(bytes).value().base_offset, Offset{77});
}

TEST(BatchHeader, SequencesWrapToZero) {
  EXPECT_EQ(add_sequence(2147483647, 1), 0);
  EXPECT_EQ(add_sequence(2147483646, 3), 1);
  EXPECT_EQ(add_sequence(5, 0), 5);
}

TEST(RecordReader, ReadsRecordsOfAllSizesWithEveryCodec) {
  for (const Codec codec : {Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd}) {
    SCOPED_TRACE(name(codec));
    const Bytes bytes = batch_of({0, 10, 65'000, 70'000, 3, 1'000'000, 1}, codec);
    RecordReader reader(bytes);
    const size_t sizes[] = {0, 10, 65'000, 70'000, 3, 1'000'000, 1};
    int64_t index = 0;
    while (const auto record = reader.next_record().value()) {
      EXPECT_EQ(record->offset, Offset{1000 + index});
      EXPECT_EQ(record->timestamp, 5000 + index);
      EXPECT_EQ(record->value->size(), sizes[index]);
      RecordHeaders headers = record->headers;
      ASSERT_EQ(headers.count(), 2);
      EXPECT_EQ(as_text(*headers.next()->value), "v1");
      EXPECT_EQ(headers.next()->value, std::nullopt);
      EXPECT_FALSE(headers.next());
      ++index;
    }
    EXPECT_EQ(index, 7);
  }
}

TEST(RecordReader, PausesInsideALargeRecord) {
  const Bytes bytes = batch_of({1'000'000}, Codec::Zstd);
  RecordReader reader(bytes);
  int pauses = 0;
  for (;;) {
    const ReadStep step = reader.next().value();
    if (step == ReadStep::End) {
      break;
    }
    pauses += step == ReadStep::Pause ? 1 : 0;
  }
  EXPECT_GT(pauses, 10);
}

TEST(RecordReader, RefusesARecordOverItsLimit) {
  const Bytes bytes = batch_of({10, 100'000}, Codec::Gzip);
  RecordReader reader(bytes, {.record_size_max = 50'000});
  EXPECT_TRUE(reader.next_record().has_value());
  EXPECT_EQ(reader.next_record().error().code, Errc::InvalidRecord);
  EXPECT_EQ(reader.next_record().error().code, Errc::InvalidRecord);
}

// The skimmer sees what the reader sees, however the bytes are cut.
TEST(RecordSkimmer, AgreesWithTheReaderAtEveryCut) {
  const Bytes bytes = batch_of({0, 10, 200, 3}, Codec::None);
  const ByteView records = ByteView(bytes).subspan(batch_header_size);
  for (size_t step = 1; step <= records.size(); ++step) {
    detail::RecordSkimmer skimmer(1000);
    int count = 0;
    for (size_t at = 0; at < records.size(); at += step) {
      ByteView part = records.subspan(at, std::min(step, records.size() - at));
      detail::SkimmedRecord record;
      while (skimmer.next(part, record).value()) {
        EXPECT_EQ(record.offset_delta, count);
        EXPECT_EQ(record.timestamp_delta, count);
        EXPECT_TRUE(record.has_key);
        ++count;
      }
    }
    EXPECT_EQ(count, 4) << "in steps of " << step;
    EXPECT_FALSE(skimmer.is_inside());
  }
}

TEST(ControlRecord, MarkersComeBack) {
  for (const bool commit : {true, false}) {
    const Bytes bytes = marker_batch({.commit = commit, .coordinator_epoch = 12}, ProducerId{5}, ProducerEpoch{2}, 99);
    const BatchHeader header = parse_batch_header(bytes).value();
    EXPECT_TRUE(header.is_control());
    EXPECT_TRUE(header.is_transactional());
    RecordReader reader(bytes);
    const RecordView record = reader.next_record().value().value();
    const ControlType type = parse_control_type(record).value().value();
    EXPECT_EQ(type, commit ? ControlType::Commit : ControlType::Abort);
    EXPECT_EQ(parse_marker(type, record).value().coordinator_epoch, 12);
  }
}

TEST(ControlRecord, UnknownTypesAreNoError) {
  RecordView record;
  const Bytes key{0, 0, 0, 99};
  record.key = key;
  EXPECT_EQ(parse_control_type(record).value(), std::nullopt);
  record.key = ByteView(key).first(3);
  EXPECT_EQ(parse_control_type(record).error().code, Errc::InvalidRecord);
}

TEST(BatchBuilder, KeepsALastOffsetBeyondItsRecords) {
  BatchBuilder builder({});
  builder.append({.timestamp = 1, .key = {}, .value = {}, .headers = {}});
  const Bytes bytes = builder.finish(Offset{9});
  EXPECT_EQ(parse_batch_header(bytes).value().last_offset, Offset{9});
  EXPECT_EQ(parse_batch_header(bytes).value().record_count, 1);
}

TEST(RecordReader, ABatchWithoutRecordsHasNoneInAnyCodec) {
  for (const Codec codec : {Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd}) {
    Bytes bytes(batch_header_size);
    BatchHeader header;
    header.attributes = static_cast<int16_t>(codec);
    header.record_count = 0;
    write_batch_header(header, {}, bytes);
    RecordReader reader(bytes);
    const auto record = reader.next_record();
    ASSERT_TRUE(record.has_value()) << record.error().message;
    EXPECT_FALSE(record->has_value());
  }
}

TEST(BatchBuilder, WithoutRecordsNamesNoCodec) {
  BatchBuilder builder({.codec = Codec::Zstd});
  const Bytes bytes = builder.finish(Offset{7});
  EXPECT_EQ(bytes.size(), batch_header_size);
  EXPECT_EQ(parse_batch_header(bytes).value().codec(), Codec::None);
}

TEST(BatchBuilder, WithoutRecordsIsAHeader) {
  BatchBuilder builder({.base_offset = Offset{4}, .codec = Codec::Lz4});
  const Bytes bytes = builder.finish(Offset{6});
  EXPECT_EQ(bytes.size(), batch_header_size);
  EXPECT_TRUE(check_batch(bytes).has_value());
}

}  // namespace
}  // namespace odradek::record
