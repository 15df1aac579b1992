#include "api/api_table.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/api_versions.h"
#include "api/create_topics.h"
#include "api/delete_topics.h"
#include "api/describe_log_dirs.h"
#include "protocol/error_code.h"

namespace odradek::api {
namespace {

using protocol::ApiKey;
using protocol::ErrorCode;

int16_t number(ErrorCode code) { return static_cast<int16_t>(code); }

class ApiTableTest : public ApiTest {
 protected:
  auto versions(int16_t version, std::string_view software = "librdkafka", std::string_view release = "2.0.2") {
    protocol::ApiVersionsRequest request;
    request.client_software_name = software;
    request.client_software_version = release;
    return call(api_versions, version, std::move(request));
  }
};

TEST_F(ApiTableTest, KeysAscendAndAreFound) {
  const auto keys = [](const Api& api) { return static_cast<int16_t>(api.key); };
  EXPECT_TRUE(std::ranges::is_sorted(api_table(), std::less{}, keys));
  for (const Api& api : api_table()) {
    EXPECT_EQ(find_served(keys(api)), &api);
  }
  EXPECT_EQ(find_served(24), nullptr);
  EXPECT_EQ(find_served(-1), nullptr);
}

TEST_F(ApiTableTest, ServesEveryVersionThatKafkaServes) {
  for (const Api& api : api_table()) {
    const auto& kafka = protocol::api_info(api.key).kafka_advertised;
    EXPECT_LE(api.versions.first, kafka.first) << static_cast<int>(api.key);
    EXPECT_EQ(api.versions.last, kafka.last) << static_cast<int>(api.key);
  }
}

TEST_F(ApiTableTest, ApiVersionsSaysWhatIsServed) {
  const auto answer = versions(3);
  ASSERT_EQ(answer.api_keys.size(), api_table().size());
  EXPECT_EQ(answer.api_keys[0].api_key, 0);
  EXPECT_EQ(answer.api_keys[0].min_version, 0);
  EXPECT_EQ(answer.api_keys[0].max_version, 13);
  EXPECT_EQ(answer.finalized_features_epoch, services().image()->position().offset.raw());
}

TEST_F(ApiTableTest, SoftwareNamesAreCheckedFromVersionThree) {
  EXPECT_EQ(versions(3, "kcat-1.7", "1").error_code, 0);
  EXPECT_EQ(versions(3, "-kcat", "1").error_code, number(ErrorCode::InvalidRequest));
  EXPECT_EQ(versions(3, "kcat", "1 beta").error_code, number(ErrorCode::InvalidRequest));
  EXPECT_EQ(versions(4, "", "").error_code, number(ErrorCode::InvalidRequest));
  EXPECT_EQ(versions(2, "", "").error_code, 0);
}

TEST_F(ApiTableTest, AnUnknownVersionIsToldTheRangeInVersionZero) {
  const auto reply = run(refuse_api_versions(context(ApiKey::ApiVersions, 99)));
  ASSERT_TRUE(reply.has_value());
  // Size, correlation id, error 35, one entry: key 18, versions 0 to 4.
  const uint8_t expected[] = {0, 0, 0, 16, 0, 0, 0, 1, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4};
  const Bytes bytes = reply->bytes.flatten();
  EXPECT_TRUE(std::ranges::equal(bytes, expected));
}

TEST_F(ApiTableTest, FeaturesWhoseLowestLevelIsZeroAreForVersionFour) {
  protocol::RegisterBrokerRecord broker;
  broker.broker_id = test_node.raw();
  broker.fenced = false;
  for (const auto& [name, min, max] :
       {std::tuple("metadata.version", 7, 30), std::tuple("transaction.version", 0, 2)}) {
    auto& feature = broker.features.emplace_back();
    feature.name = protocol::Text(std::string_view(name));
    feature.min_supported_version = static_cast<int16_t>(min);
    feature.max_supported_version = static_cast<int16_t>(max);
  }
  protocol::FeatureLevelRecord level;
  level.name = "metadata.version";
  level.feature_level = 30;
  std::vector<metadata::MetadataRecord> records;
  records.emplace_back(std::move(broker));
  records.emplace_back(std::move(level));
  apply(std::move(records));
  EXPECT_EQ(versions(3).supported_features.size(), 1U);
  EXPECT_EQ(versions(4).supported_features.size(), 2U);
  const auto finalized = versions(4).finalized_features;
  ASSERT_EQ(finalized.size(), 2U);
  EXPECT_EQ(finalized[0].name, "metadata.version");
  EXPECT_EQ(finalized[0].max_version_level, 30);
  EXPECT_EQ(finalized[1].name, "kraft.version");
}

TEST_F(ApiTableTest, NobodyCreatesTheMetadataTopic) {
  protocol::CreateTopicsRequest request;
  request.topics.emplace_back().name = "t";
  request.topics.emplace_back().name = "__cluster_metadata";
  const auto answer = call(create_topics, 7, std::move(request));
  ASSERT_EQ(answer.topics.size(), 2U);
  EXPECT_EQ(answer.topics[0].error_code, 0);
  EXPECT_EQ(answer.topics[1].error_code, number(ErrorCode::InvalidRequest));
  EXPECT_NE(services().image()->topic("t"), nullptr);
}

TEST_F(ApiTableTest, AnErrorOfTheControllerIsAnsweredForEveryTopic) {
  cluster.refusal = Error{.code = Errc::RequestTimedOut, .message = "too slow"};
  protocol::CreateTopicsRequest created;
  created.topics.emplace_back().name = "t";
  const auto answer = call(create_topics, 7, std::move(created));
  EXPECT_EQ(answer.topics.at(0).error_code, number(ErrorCode::RequestTimedOut));
  EXPECT_EQ(answer.topics.at(0).error_message->view(), "too slow");
  protocol::DeleteTopicsRequest deleted;
  deleted.topic_names = {"a", "b"};
  const auto old = call(delete_topics, 5, std::move(deleted));
  ASSERT_EQ(old.responses.size(), 2U);
  EXPECT_EQ(old.responses[1].name->view(), "b");
}

TEST_F(ApiTableTest, LogDirectoriesShowTheLogsOfAllShards) {
  create_topic("b", 5);
  create_topic("a", 2);
  protocol::DescribeLogDirsRequest request;
  request.topics.reset();
  const auto all = call(describe_log_dirs, 5, request);
  ASSERT_EQ(all.results.size(), 1U);
  EXPECT_EQ(all.results[0].log_dir, "/data");
  EXPECT_GT(all.results[0].total_bytes, 0);
  ASSERT_EQ(all.results[0].topics.size(), 2U);
  EXPECT_EQ(all.results[0].topics[0].name, "a");
  EXPECT_EQ(all.results[0].topics[1].partitions.size(), 5U);
  auto& topic = request.topics.emplace().emplace_back();
  topic.topic = "b";
  topic.partitions = {3, 77};
  const auto some = call(describe_log_dirs, 4, request);
  ASSERT_EQ(some.results.at(0).topics.size(), 1U);
  EXPECT_EQ(some.results[0].topics[0].partitions.size(), 1U);
}

}  // namespace
}  // namespace odradek::api
