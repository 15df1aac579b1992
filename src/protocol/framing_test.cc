#include "protocol/framing.h"

#include <gtest/gtest.h>

#include "protocol/error_code.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/headers.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/wire_code.h"

namespace odradek::protocol {

namespace {

Bytes body_of(Result<ByteChain> frame) {
  Bytes bytes = frame.value().flatten();
  EXPECT_EQ(load_big_endian<int32_t>(bytes.data()), static_cast<int32_t>(bytes.size()) - 4);
  bytes.erase(bytes.begin(), bytes.begin() + 4);
  return bytes;
}

}  // namespace

TEST(Framing, RequestHeadRoundTripsInBothForms) {
  for (const int16_t version : {int16_t{3}, int16_t{4}}) {  // not flexible, flexible
    const Bytes frame = body_of(request_frame(HeartbeatRequest{}, version, 77, Text("me")));
    Reader in{ByteView(frame)};
    const auto head = read_request_head(in);
    ASSERT_TRUE(head.has_value());
    EXPECT_EQ(head->api_key, 12);
    EXPECT_EQ(head->version, version);
    EXPECT_EQ(head->correlation_id, 77);
    EXPECT_EQ(head->client_id, Text("me"));
    ASSERT_NE(head->api, nullptr);
    EXPECT_EQ(head->api->name, "Heartbeat");
    EXPECT_TRUE(HeartbeatRequest::decode(in, version).has_value());
    EXPECT_EQ(in.remaining(), 0U);
  }
}

TEST(Framing, UnknownApisAndVersionsStillTellWhoAsks) {
  const Bytes unknown_version{0, 18, 0, 99, 0, 0, 0, 5, 0, 1, 'x', 0};
  Reader in{ByteView(unknown_version)};
  const auto head = read_request_head(in);
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->api, nullptr);
  EXPECT_EQ(head->correlation_id, 5);
  EXPECT_EQ(head->client_id, Text("x"));
  const Bytes unknown_api{3, 0xE8, 0, 0, 0, 0, 0, 6, 0xFF, 0xFF};
  Reader other{ByteView(unknown_api)};
  EXPECT_EQ(read_request_head(other)->api, nullptr);
}

TEST(Framing, RefusesACutHeader) {
  const Bytes cut{0, 18, 0, 3, 0, 0};
  Reader in{ByteView(cut)};
  EXPECT_EQ(read_request_head(in).error().code, Errc::MalformedMessage);
}

TEST(Framing, ApiVersionsIsAnsweredWithoutTagsInItsHeader) {
  EXPECT_EQ(api_info(ApiKey::ApiVersions).response_header_version(4), 0);
  EXPECT_EQ(api_info(ApiKey::Heartbeat).response_header_version(4), 1);
  const Bytes frame = body_of(response_frame(ApiVersionsResponse{}, 3, 9));
  Reader in{ByteView(frame)};
  EXPECT_EQ(read_response_head(in, ApiKey::ApiVersions, 3), 9);
  EXPECT_TRUE(ApiVersionsResponse::decode(in, 3).has_value());
}

TEST(ApiTable, NamesWhatKafkaServesAndWhatItDropped) {
  EXPECT_EQ(all_apis().size(), 89U);
  const ApiInfo& produce = api_info(ApiKey::Produce);
  EXPECT_EQ(produce.versions, (VersionRange{0, 13}));
  EXPECT_EQ(produce.kafka, (VersionRange{3, 13}));
  EXPECT_EQ(produce.kafka_advertised, (VersionRange{0, 13}));
  EXPECT_EQ(api_info(ApiKey::InitProducerId).kafka, (VersionRange{0, 5}));
  EXPECT_FALSE(api_info(ApiKey::Vote).on_broker);
  EXPECT_TRUE(api_info(ApiKey::CreateTopics).is_forwardable);
  EXPECT_EQ(find_api(4), nullptr);
  EXPECT_EQ(find_api(-1), nullptr);
}

TEST(ErrorCode, HasKafkasNameMessageAndRetriability) {
  EXPECT_EQ(name(ErrorCode::NotLeaderOrFollower), "NOT_LEADER_OR_FOLLOWER");
  EXPECT_TRUE(is_retriable(ErrorCode::NotLeaderOrFollower));
  EXPECT_FALSE(is_retriable(ErrorCode::MessageTooLarge));
  EXPECT_EQ(default_message(ErrorCode::None), "");
  EXPECT_EQ(default_message(ErrorCode::UnsupportedVersion), "The version of API is not supported.");
  EXPECT_EQ(name(static_cast<ErrorCode>(9999)), "UNKNOWN_SERVER_ERROR");
  EXPECT_EQ(name(static_cast<ErrorCode>(-5)), "UNKNOWN_SERVER_ERROR");
}

TEST(WireCode, GivesEveryErrorACodeOfKafka) {
  EXPECT_EQ(wire_code(Errc::NotLeader), ErrorCode::NotLeaderOrFollower);
  EXPECT_EQ(wire_code(Errc::Io), ErrorCode::KafkaStorageError);
  for (int errc = 0; errc <= static_cast<int>(Errc::Unknown); ++errc) {
    EXPECT_NE(wire_code(static_cast<Errc>(errc)), ErrorCode::None);
  }
}

}  // namespace odradek::protocol
