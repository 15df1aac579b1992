// Compaction of batches that Odradek would not write: those of old formats, and odd ones that Kafka has taken.
#include <string>
#include <vector>

#include "record/legacy.h"
#include "storage/cleaner_fixture.h"

namespace odradek::storage {

namespace {

using Lines = std::vector<std::string>;

class LogCleanerFormatsTest : public CleanerTest {
 protected:
  // A set of a=1, b=1 and c=1 as producers before 0.11 sent it, at offsets 0 to 2.
  static Bytes legacy_set(int8_t magic, record::Codec codec) {
    Bytes plain;
    int64_t offset = 0;
    for (const char* key : {"a", "b", "c"}) {
      // Inside of a set of format v1 offsets count from 0; outside, and in v0, they are what they are: here the same.
      record::append_legacy_entry(plain, magic, Offset{offset++}, start_ms, 0, as_bytes(key), as_bytes("1"));
    }
    if (codec == record::Codec::None) {
      return plain;
    }
    Bytes compressed;
    const auto compressor = record::make_compressor(codec, {}, compressed, magic);
    compressor->write(plain);
    compressor->finish();
    Bytes set;
    record::append_legacy_entry(set, magic, Offset{2}, start_ms, static_cast<int16_t>(codec), std::nullopt, compressed);
    return set;
  }
};

TEST_F(LogCleanerFormatsTest, OldSetsLoseWhatIsReplacedAndKeepTheRest) {
  for (const int8_t magic : {int8_t{0}, int8_t{1}}) {
    for (const record::Codec codec : {record::Codec::None, record::Codec::Gzip, record::Codec::Lz4}) {
      SCOPED_TRACE(fmt::format("v{} {}", magic, record::name(codec)));
      ASSERT_TRUE(run(files().remove_all(test_log_directory)).has_value());
      create();
      ASSERT_TRUE(run(log().append_as_follower(Blob(legacy_set(magic, codec)))).has_value());
      put({"b=2"});
      roll();
      put({"z=1"});
      clean();
      EXPECT_EQ(left(), (Lines{"0:a=1", "2:c=1", "3:b=2", "4:z=1"}));
    }
  }
}

// Kafka takes such a batch from a client that numbers its records as it likes.
TEST_F(LogCleanerFormatsTest, ABatchOfWhichNoneCanBeMadeMarksTheLogAndHarmsNothing) {
  create();
  Bytes batch = key_batch({"a=1", "b=1", "c=1"}, {.timestamp_step = 0});
  const auto header = record::parse_batch_header(batch);
  ASSERT_TRUE(header.has_value());
  size_t at = record::batch_header_size;
  for (int i = 0; i < 3; ++i) {
    batch[at + 3] = 0;  // behind a length, attributes and a timestamp of a byte each: the offset's distance
    at += 1 + batch[at] / 2;
  }
  record::write_batch_header(*header, ByteView(batch).subspan(record::batch_header_size), batch);
  ASSERT_TRUE(run(log().append_as_follower(Blob(batch))).has_value());
  log().high_watermark_moved(Offset{3});
  put({"a=2"});
  roll();
  put({"z=1"});
  EXPECT_EQ(try_clean().error().code, Errc::InvalidRecord);
  EXPECT_EQ(left(), (Lines{"0:a=1", "0:b=1", "0:c=1", "3:a=2", "4:z=1"}));
}

}  // namespace

}  // namespace odradek::storage
