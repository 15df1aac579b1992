// Golden vectors: bytes that Kafka's own classes wrote, with what they mean. The set in testdata/ is always tested; the
// whole reference where ODRADEK_REFERENCE names its folder.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "protocol/byte_text.h"
#include "protocol/json.h"
#include "protocol/message_type.h"
#include "protocol/vector_fixture.h"

namespace odradek::protocol {

namespace json = boost::json;

namespace {

std::string_view text_of(const json::object& vector, std::string_view key) {
  const json::value* value = vector.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::string label(const json::object& vector) {
  return std::string(text_of(vector, "name")) + " v" + json::serialize(vector.at("version")) + " " +
         std::string(text_of(vector, "case"));
}

void expect_accepted(const MessageType& type, const json::object& vector, int16_t version, ByteView bytes) {
  const auto transcoded = type.transcode(bytes, version);
  ASSERT_TRUE(transcoded.has_value()) << label(vector) << ": " << transcoded.error().message;
  const bool is_rewritten = vector.contains("rewritten");
  EXPECT_EQ(hex(transcoded->bytes), text_of(vector, is_rewritten ? "rewritten" : "bytes").substr(0, is_rewritten ? std::string_view::npos : (bytes.size() - transcoded->left) * 2))
      << label(vector);
  const json::value* left = vector.if_contains("bytesLeft");
  EXPECT_EQ(transcoded->left, left != nullptr ? left->to_number<size_t>() : 0) << label(vector);
  Reader in(bytes);
  const auto read = read_json(type, in, version);
  ASSERT_TRUE(read.has_value()) << label(vector) << ": " << read.error().message;
  EXPECT_TRUE(same_json(*read, vector.at("json")))
      << label(vector) << "\nours    " << json::serialize(*read) << "\nKafka's " << json::serialize(vector.at("json"));
}

void check(const json::object& vector) {
  const MessageType* type = find_message_type(text_of(vector, "name"));
  ASSERT_NE(type, nullptr) << label(vector);
  const auto version = vector.at("version").to_number<int16_t>();
  const auto bytes = parse_hex(text_of(vector, "bytes"));
  ASSERT_TRUE(bytes.has_value()) << label(vector);
  const json::value* accepted = vector.if_contains("accepted");
  if (accepted != nullptr && !accepted->as_bool()) {
    EXPECT_FALSE(type->transcode(*bytes, version).has_value()) << label(vector);
    return;
  }
  expect_accepted(*type, vector, version, *bytes);
  if (text_of(vector, "case") == "default" && !vector.contains("accepted")) {
    const auto made = type->encode_default(version);
    ASSERT_TRUE(made.has_value()) << label(vector) << ": " << made.error().message;
    EXPECT_EQ(hex(*made), text_of(vector, "bytes")) << label(vector) << ": a new message is not at Kafka's defaults";
  }
}

size_t check_folder(const std::filesystem::path& folder) {
  size_t checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().string().ends_with(".jsonl.gz") && entry.path().filename() != "frames.jsonl.gz") {
      for_each_vector(entry.path(), [&](const json::object& vector) {
        check(vector);
        ++checked;
      });
    }
  }
  return checked;
}

}  // namespace

TEST(Vectors, OfTheProjectReadAndWriteAsKafkaDoes) { EXPECT_GT(check_folder(testdata()), 1000U); }

TEST(Vectors, OfTheWholeReferenceReadAndWriteAsKafkaDoes) {
  const auto folder = reference();
  if (!folder) {
    GTEST_SKIP() << "ODRADEK_REFERENCE does not name a reference folder";
  }
  EXPECT_EQ(check_folder(*folder / "vectors/messages"), 5136U);
  EXPECT_EQ(check_folder(*folder / "vectors/messages-odd"), 52U);
  EXPECT_EQ(check_folder(*folder / "vectors/headers"), 32U);
  EXPECT_EQ(check_folder(*folder / "vectors/records"), 1032U);
}

}  // namespace odradek::protocol
