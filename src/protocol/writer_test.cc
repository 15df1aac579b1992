#include "protocol/writer.h"

#include <gtest/gtest.h>

#include "protocol/messages/api_versions.h"
#include "protocol/messages/fetch.h"
#include "protocol/reader.h"
#include "protocol/records/consumer_group_member_metadata.h"

namespace odradek::protocol {

namespace {

class AFile : public FileSource {};

FetchResponse response_with(Blob records) {
  FetchResponse::PartitionData partition;
  partition.records = std::move(records);
  FetchResponse::FetchableTopicResponse topic;
  topic.topic = "t";
  topic.partitions.push_back(std::move(partition));
  FetchResponse response;
  response.responses.push_back(std::move(topic));
  return response;
}

template <typename Message>
Result<Bytes> encode(const Message& message, int16_t version) {
  Writer out;
  message.encode(out, version);
  return std::move(out).finish_bytes();
}

}  // namespace

TEST(Writer, ChainsLargeBlobsWithoutCopyingThem) {
  const Blob records(Bytes(Writer::copy_below, 7));
  Writer out;
  response_with(records).encode(out, 4);
  const auto chain = std::move(out).finish();
  ASSERT_TRUE(chain.has_value());
  ASSERT_EQ(chain->blobs().size(), 2U);
  EXPECT_EQ(chain->blobs()[1].view().data(), records.view().data());
  EXPECT_EQ(chain->size(), chain->flatten().size());
}

TEST(Writer, CopiesSmallBlobs) {
  Writer out;
  response_with(Blob(Bytes(Writer::copy_below - 1, 7))).encode(out, 4);
  const auto chain = std::move(out).finish();
  ASSERT_TRUE(chain.has_value());
  EXPECT_EQ(chain->blobs().size(), 1U);
}

TEST(Writer, ChainsFileRangesOfAnySizeAndCountsThemInTheFrame) {
  const auto file = std::make_shared<AFile>();
  Writer out;
  response_with(Blob(file, 100, 10)).encode(out, 12);
  const auto chain = std::move(out).finish_frame();
  ASSERT_TRUE(chain.has_value());
  ASSERT_EQ(chain->blobs().size(), 3U);
  EXPECT_EQ(chain->blobs()[1].file(), file);
  EXPECT_EQ(load_big_endian<int32_t>(chain->blobs()[0].view().data()), static_cast<int32_t>(chain->size()) - 4);
}

TEST(Writer, DropsIgnorableFieldsOfOtherVersionsAndRefusesTheRest) {
  FetchRequest request;
  request.max_bytes = 5;  // from version 3 on; ignorable
  EXPECT_TRUE(encode(request, 2).has_value());
  request.forgotten_topics_data.emplace_back();  // from version 7 on
  EXPECT_EQ(encode(request, 6).error().code, Errc::UnsupportedVersion);
  EXPECT_TRUE(encode(request, 7).has_value());
}

TEST(Writer, RefusesWhatTheVersionCannotCarry) {
  EXPECT_EQ(encode(FetchRequest{}, 19).error().code, Errc::UnsupportedVersion);
  FetchRequest request;
  request.rack_id = Text(std::string(32768, 'x'));
  EXPECT_EQ(encode(request, 12).error().code, Errc::InvalidRequest);
  request.rack_id = Text(std::string(32767, 'x'));
  EXPECT_TRUE(encode(request, 12).has_value());
}

TEST(Writer, WritesTagsLongerThanOneByteOfSizeCanSay) {
  for (const size_t size : {100U, 126U, 127U, 128U, 129U, 16382U, 16383U, 16384U, 20000U}) {
    FetchRequest request;
    request.cluster_id = Text(std::string(size, 'c'));
    const auto bytes = encode(request, 12);
    ASSERT_TRUE(bytes.has_value());
    Reader in{ByteView(*bytes)};
    const auto read = FetchRequest::decode(in, 12);
    ASSERT_TRUE(read.has_value()) << size;
    EXPECT_EQ(read->cluster_id, request.cluster_id);
    EXPECT_EQ(in.remaining(), 0U);
  }
}

TEST(Writer, CopiesBlobsInsideTaggedFields) {
  ConsumerGroupMemberMetadataValue value;
  value.classic_member_metadata->supported_protocols.push_back(
      {.name = "range", .metadata = Blob(Bytes(5000, 1)), .unknown_tags = {}});
  const auto bytes = encode(value, 0);
  ASSERT_TRUE(bytes.has_value());
  Reader in{ByteView(*bytes)};
  const auto read = ConsumerGroupMemberMetadataValue::decode(in, 0);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->classic_member_metadata->supported_protocols.at(0).metadata.size(), 5000U);
}

TEST(Writer, RefusesUnknownTagsOutOfOrder) {
  const Bytes data{1};
  ApiVersionsRequest request;
  request.unknown_tags.add({7, data});
  request.unknown_tags.add({6, data});
  EXPECT_EQ(encode(request, 3).error().code, Errc::InvalidRequest);
}

}  // namespace odradek::protocol
