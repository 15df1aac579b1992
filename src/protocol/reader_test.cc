#include "protocol/reader.h"

#include <gtest/gtest.h>

#include "protocol/messages/metadata.h"
#include "protocol/messages/produce.h"
#include "protocol/utf8.h"

namespace odradek::protocol {

namespace {

template <typename Message>
Result<Message> decode(Bytes bytes, int16_t version) {
  Reader in{ByteView(bytes)};
  return Message::decode(in, version);
}

}  // namespace

TEST(Reader, ReadsNothingAfterTheFirstTrouble) {
  const Bytes bytes{0, 1, 2};
  Reader in{ByteView(bytes)};
  int32_t four = 7;
  in.integer(four);
  int8_t one = 7;
  in.integer(one);
  EXPECT_EQ(four, 7);
  EXPECT_EQ(one, 7);
  EXPECT_EQ(in.remaining(), 0U);
  EXPECT_EQ(in.outcome().error().code, Errc::MalformedMessage);
}

TEST(Reader, CountsTheBytesBehindTheMessage) {
  const Bytes bytes{0, 0, 0, 0, 1, 0xAA, 0xBB};
  Reader in{ByteView(bytes)};
  ASSERT_TRUE(MetadataRequest::decode(in, 4).has_value());
  EXPECT_EQ(in.remaining(), 2U);
}

TEST(Reader, RefusesAVersionThatTheMessageDoesNotHave) {
  EXPECT_EQ(decode<MetadataRequest>({}, 14).error().code, Errc::UnsupportedVersion);
  EXPECT_EQ(decode<MetadataRequest>({}, -1).error().code, Errc::UnsupportedVersion);
}

TEST(Reader, RefusesArraysThatTheFrameCannotHold) {
  // 1000 topics of at least two bytes each in 1200 bytes.
  Bytes bytes(1204, 0);
  bytes[2] = 1000 >> 8;
  bytes[3] = 1000 & 0xFF;
  EXPECT_EQ(decode<MetadataRequest>(bytes, 0).error().code, Errc::MalformedMessage);
  bytes.resize(2004);
  EXPECT_TRUE(decode<MetadataRequest>(bytes, 0).has_value());
}

TEST(Reader, RefusesArraysOfMoreMemoryThanTheFrameDeserves) {
  struct Large {
    std::array<uint8_t, 4096> memory;
    void read(Reader& in, int16_t /*version*/) {
      int8_t byte = 0;
      in.integer(byte);
    }
  };
  Bytes bytes(4 + 1000, 0);
  bytes[2] = 1000 >> 8;
  bytes[3] = 1000 & 0xFF;
  Reader in{ByteView(bytes)};
  std::vector<Large> values;
  in.structs(values, false, 1, 0);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(values.capacity(), 0U);
}

TEST(Reader, RefusesMoreElementsThanItIsToldToExpect) {
  const Bytes frame{0, 0, 0, 2, 1, 2, 0, 0, 0, 3, 1, 2, 3};
  for (const size_t limit : {size_t{4}, size_t{5}}) {
    Reader reader{ByteView(frame)};
    reader.limit_array_elements(limit);
    std::vector<int8_t> two;
    std::vector<int8_t> three;
    reader.array(two, false);
    EXPECT_TRUE(reader.ok());
    reader.array(three, false);
    EXPECT_EQ(reader.ok(), limit == 5);
    EXPECT_EQ(three.size(), limit == 5 ? 3U : 0U);
  }
}

TEST(Reader, UnknownTagsAreElementsToo) {
  const Bytes frame{7, 0, 8, 0};
  Reader reader{ByteView(frame)};
  reader.limit_array_elements(1);
  UnknownTags unknown;
  reader.unknown_tag(unknown, reader.tag());
  EXPECT_TRUE(reader.ok());
  reader.unknown_tag(unknown, reader.tag());
  EXPECT_FALSE(reader.ok());
}

TEST(Reader, RefusesEveryCutOfAMessage) {
  const Bytes whole{0xFF, 0xFF, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 't', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 8, 9};
  ASSERT_TRUE(decode<ProduceRequest>(whole, 3).has_value());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(
        decode<ProduceRequest>(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)), 3).has_value())
        << size;
  }
}

TEST(Reader, MakesViewsOfTheFrameAndKeepsItsOwnerAlive) {
  Blob frame(Bytes{0xFF, 0xFF, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 't', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 8, 9});
  Reader in(frame);
  const auto request = ProduceRequest::decode(in, 3);
  ASSERT_TRUE(request.has_value());
  const auto& topic = request->topic_data.at(0);
  EXPECT_EQ(reinterpret_cast<const uint8_t*>(topic.name.data()), frame.view().data() + 14);
  const auto& records = topic.partition_data.at(0).records;
  ASSERT_TRUE(records.has_value());
  EXPECT_EQ(records->view().data(), frame.view().data() + 27);
  EXPECT_EQ(records->owner(), frame.owner());
}

// What is read can be written again, and stored.
TEST(Reader, ATextThatReplacementsMakeTooLongIsRefused) {
  for (const int16_t size : {int16_t{10'922}, int16_t{10'923}}) {
    Bytes bytes(sizeof size);
    store_big_endian(bytes.data(), size);
    bytes.resize(sizeof size + static_cast<size_t>(size), 0xFF);
    Reader in(bytes);
    Text text;
    in.text(text, false);
    EXPECT_EQ(in.outcome().has_value(), size * 3 <= Reader::text_size_max);
    EXPECT_LE(text.size(), static_cast<size_t>(Reader::text_size_max));
  }
}

TEST(Utf8, ReplacesWhatIsMalformedByTheLongestPiece) {
  EXPECT_TRUE(is_utf8("plain ascii, longer than eight bytes"));
  EXPECT_TRUE(is_utf8("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));
  EXPECT_FALSE(is_utf8("12345678\xC0\x80"));
  EXPECT_EQ(with_replacements("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(with_replacements("\xED\xA0\x80"), "\xEF\xBF\xBD");
  EXPECT_EQ(with_replacements("\xE2\x82"), "\xEF\xBF\xBD");
  EXPECT_EQ(with_replacements("\xF0\x9F\x98!"), "\xEF\xBF\xBD!");
}

}  // namespace odradek::protocol
