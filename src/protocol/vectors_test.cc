// Golden vectors: bytes that Kafka's own classes wrote, with what they mean. The set in testdata/ is always tested; the
// whole reference where ODRADEK_REFERENCE names its folder.
#include <random>

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "protocol/byte_text.h"
#include "protocol/framing.h"
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

// The bytes that writing must give: those that were read, without what lay behind the message, if Kafka says no other.
std::string_view expected_bytes(const json::object& vector, size_t left) {
  if (vector.contains("rewritten")) {
    return text_of(vector, "rewritten");
  }
  std::string_view bytes = text_of(vector, "bytes");
  bytes.remove_suffix(left * 2);
  return bytes;
}

void expect_accepted(const MessageType& type, const json::object& vector, int16_t version, ByteView bytes) {
  const auto transcoded = type.transcode(bytes, version);
  ASSERT_TRUE(transcoded.has_value()) << label(vector) << ": " << transcoded.error().message;
  EXPECT_EQ(hex(transcoded->bytes), expected_bytes(vector, transcoded->left)) << label(vector);
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

// A frame is its size, a header, and the default body of its message.
void check_frame(const json::object& vector) {
  const auto version = vector.at("version").to_number<int16_t>();
  const auto api = static_cast<ApiKey>(vector.at("api").to_number<int16_t>());
  const auto correlation_id = vector.at("correlationId").to_number<int32_t>();
  const bool is_request = text_of(vector, "kind") == "request-frame";
  const Bytes frame = parse_hex(text_of(vector, "bytes")).value();
  Reader in(ByteView(frame).subspan(4));
  Writer out;
  if (is_request) {
    const auto head = read_request_head(in);
    ASSERT_TRUE(head.has_value()) << label(vector);
    EXPECT_EQ(head->api, find_api(static_cast<int16_t>(api))) << label(vector);
    EXPECT_EQ(head->version, version) << label(vector);
    EXPECT_EQ(head->correlation_id, correlation_id) << label(vector);
    EXPECT_EQ(head->client_id.value_or("").view(), text_of(vector, "clientId")) << label(vector);
    write_request_head(out, api, version, correlation_id, head->client_id);
  } else {
    EXPECT_EQ(read_response_head(in, api, version), correlation_id) << label(vector);
    write_response_head(out, api, version, correlation_id);
  }
  const std::string name = std::string(text_of(vector, "name")) + (is_request ? "Request" : "Response");
  const auto body = find_message_type(name)->transcode(ByteView(frame).last(in.remaining()), version);
  ASSERT_TRUE(body.has_value()) << label(vector);
  EXPECT_EQ(body->left, 0U) << label(vector);
  EXPECT_EQ(hex(std::move(out).finish_bytes().value()) + hex(body->bytes), text_of(vector, "bytes").substr(8))
      << label(vector);
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
  size_t frames = 0;
  for_each_vector(*folder / "vectors/headers/frames.jsonl.gz", [&](const json::object& vector) {
    check_frame(vector);
    ++frames;
  });
  EXPECT_EQ(frames, 605U);
}

// What comes back does not matter here, only that something does; sanitizers watch.
TEST(Vectors, DamagedOnesAreReadOrRefused) {
  std::minstd_rand random(391);
  for (const char* file : {"messages.jsonl.gz", "records.jsonl.gz", "dropped_versions.jsonl.gz"}) {
    for_each_vector(testdata() / file, [&](const json::object& vector) {
      const MessageType& type = *find_message_type(text_of(vector, "name"));
      const auto version = vector.at("version").to_number<int16_t>();
      const Bytes whole = parse_hex(text_of(vector, "bytes")).value();
      for (int round = 0; round < 8 && !whole.empty(); ++round) {
        Bytes damaged = whole;
        for (int change = 0; change < 3; ++change) {
          damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
        }
        damaged.resize(round % 2 == 0 ? damaged.size() : random() % damaged.size());
        const auto transcoded = type.transcode(damaged, version);
        Reader in{ByteView(damaged)};
        const auto read = read_json(type, in, version);
        EXPECT_TRUE(read.has_value() || !transcoded.has_value()) << label(vector) << " " << hex(damaged);
      }
    });
  }
}

}  // namespace odradek::protocol
