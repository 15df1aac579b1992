// DescribeConfigs, AlterConfigs, IncrementalAlterConfigs and ListConfigResources.
#include <algorithm>

#include <gtest/gtest.h>

#include "api/alter_configs.h"
#include "api/api_fixture.h"
#include "api/describe_configs.h"
#include "api/incremental_alter_configs.h"
#include "api/list_config_resources.h"
#include "observe/log.h"
#include "protocol/error_code.h"

namespace odradek::api {
namespace {

using protocol::DescribeConfigsRequest;
using protocol::ErrorCode;
using protocol::IncrementalAlterConfigsRequest;

constexpr int8_t topic_type = 2;
constexpr int8_t broker_type = 4;
constexpr int8_t logger_type = 8;

int16_t number(ErrorCode code) { return static_cast<int16_t>(code); }

class ConfigsTest : public ApiTest {
 protected:
  ~ConfigsTest() override { observe::set_log_level(level_before_); }

  auto describe(int8_t type, std::string_view name, const std::vector<std::string>& keys = {}) {
    DescribeConfigsRequest request;
    request.include_synonyms = true;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = type;
    resource.resource_name = name;
    for (const std::string& key : keys) {
      resource.configuration_keys->push_back(key);
    }
    return call(describe_configs, 4, std::move(request)).results.at(0);
  }

  static void set(IncrementalAlterConfigsRequest& request, int8_t type, std::string_view name, std::string_view option,
                  std::string_view value, int8_t operation = 0) {
    auto& resource = request.resources.emplace_back();
    resource.resource_type = type;
    resource.resource_name = name;
    auto& config = resource.configs.emplace_back();
    config.name = option;
    config.config_operation = operation;
    config.value = protocol::Text(value);
  }
  auto alter(int8_t type, std::string_view name, std::string_view option, std::string_view value,
             int8_t operation = 0) {
    IncrementalAlterConfigsRequest request;
    set(request, type, name, option, value, operation);
    return call(incremental_alter_configs, 1, std::move(request)).responses.at(0);
  }

 private:
  observe::LogLevel level_before_ = observe::log_level();
};

TEST_F(ConfigsTest, ATopicsOptionComesFromWhereItWasSet) {
  create_topic("t");
  EXPECT_EQ(describe(topic_type, "t", {"retention.ms"}).configs.at(0).config_source, 5);
  ASSERT_EQ(alter(topic_type, "t", "retention.ms", "1000").error_code, 0);
  const auto result = describe(topic_type, "t", {"retention.ms", "no.such.option"});
  ASSERT_EQ(result.configs.size(), 1U);
  EXPECT_EQ(result.configs[0].value->view(), "1000");
  EXPECT_EQ(result.configs[0].config_source, 1);
  EXPECT_EQ(result.configs[0].synonyms.at(0).source, 1);
  EXPECT_FALSE(result.configs[0].documentation.has_value());
}

TEST_F(ConfigsTest, VersionZeroSaysWhatIsDefaultInsteadOfItsSource) {
  create_topic("t");
  DescribeConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = topic_type;
  resource.resource_name = "t";
  resource.configuration_keys->push_back("retention.ms");
  EXPECT_TRUE(call(describe_configs, 0, std::move(request)).results.at(0).configs.at(0).is_default);
}

TEST_F(ConfigsTest, NoKeysAreAllOptions) { EXPECT_GT(describe(broker_type, "1").configs.size(), 200U); }

TEST_F(ConfigsTest, AFewBytesAreNotAnsweredWithVeryMany) {
  DescribeConfigsRequest again;
  for (int i = 0; i < 10'000; ++i) {
    auto& resource = again.resources.emplace_back();
    resource.resource_type = broker_type;
    resource.resource_name = "1";
  }
  EXPECT_EQ(call(describe_configs, 4, std::move(again)).results.size(), 1U);

  DescribeConfigsRequest invented;
  for (int i = 0; i < 60'000; ++i) {
    auto& resource = invented.resources.emplace_back();
    resource.resource_type = 32;
    resource.resource_name = protocol::Text::owned(std::to_string(i));
    resource.configuration_keys.reset();
  }
  const auto results = call(describe_configs, 4, std::move(invented)).results;
  ASSERT_EQ(results.size(), 60'000U);
  EXPECT_EQ(results.front().error_code, 0);
  EXPECT_FALSE(results.front().configs.empty());
  EXPECT_EQ(results.back().error_code, number(ErrorCode::InvalidRequest));
  EXPECT_TRUE(results.back().configs.empty());
}

TEST_F(ConfigsTest, WhatCannotBeDescribedIsAnErrorOfItsOwn) {
  EXPECT_EQ(describe(topic_type, "nowhere").error_code, number(ErrorCode::UnknownTopicOrPartition));
  EXPECT_EQ(describe(topic_type, "no where").error_code, number(ErrorCode::InvalidTopicException));
  const auto other = describe(broker_type, "2");
  EXPECT_EQ(other.error_code, number(ErrorCode::InvalidRequest));
  EXPECT_EQ(other.error_message->view(), "Unexpected broker id, expected 1 or empty string, but received 2");
  EXPECT_EQ(describe(broker_type, "one").error_code, number(ErrorCode::InvalidRequest));
  EXPECT_EQ(describe(32, "").error_code, number(ErrorCode::InvalidRequest));
  EXPECT_EQ(describe(99, "x").error_code, number(ErrorCode::InvalidRequest));
}

TEST_F(ConfigsTest, ABrokerChecksItsOwnOptionsBeforeTheControllerHearsOfThem) {
  EXPECT_EQ(alter(broker_type, "1", "log.dirs", "/elsewhere").error_code, number(ErrorCode::InvalidRequest));
  EXPECT_EQ(alter(broker_type, "2", "log.retention.ms", "1").error_code, number(ErrorCode::InvalidRequest));
  EXPECT_EQ(alter(broker_type, "1", "log.retention.ms", "x").error_code, number(ErrorCode::InvalidRequest));
  EXPECT_EQ(alter(broker_type, "1", "log.retention.ms", "1", 9).error_code, number(ErrorCode::InvalidRequest));
  EXPECT_EQ(cluster.controller_calls, 0U);
  const auto accepted = alter(broker_type, "1", "log.retention.ms", "1");
  EXPECT_EQ(accepted.error_code, 0);
  EXPECT_EQ(cluster.controller_calls, 1U);
}

TEST_F(ConfigsTest, AnswersStandInTheOrderOfTheRequestWhoeverGaveThem) {
  create_topic("t");
  IncrementalAlterConfigsRequest request;
  set(request, topic_type, "t", "retention.ms", "7");
  set(request, broker_type, "5", "log.retention.ms", "7");
  set(request, 99, "x", "y", "7");
  set(request, topic_type, "twice", "retention.ms", "7");
  set(request, topic_type, "twice", "retention.ms", "8");
  const auto answer = call(incremental_alter_configs, 1, std::move(request));
  std::vector<std::string> lines;
  for (const auto& one : answer.responses) {
    lines.push_back(fmt::format("{}:{}", one.resource_name, one.error_code));
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"t:0", "5:42", "x:42", "twice:42", "twice:42"}));
}

TEST_F(ConfigsTest, AnErrorOfTheControllerIsAnsweredForEveryResourceItWasAskedAbout) {
  cluster.refusal = Error{.code = Errc::NotController, .message = ""};
  const auto answer = alter(topic_type, "t", "retention.ms", "7");
  EXPECT_EQ(answer.error_code, number(ErrorCode::NotController));
  EXPECT_FALSE(answer.error_message->empty());
}

TEST_F(ConfigsTest, AlterConfigsKnowsNoLoggers) {
  protocol::AlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = logger_type;
  resource.resource_name = "1";
  EXPECT_EQ(call(alter_configs, 2, std::move(request)).responses.at(0).error_code, number(ErrorCode::InvalidRequest));
}

TEST_F(ConfigsTest, TheRootLoggersLevelIsSetAndSeen) {
  EXPECT_EQ(alter(logger_type, "1", "root", "ERROR").error_code, 0);
  EXPECT_EQ(observe::log_level(), observe::LogLevel::Error);
  const auto described = describe(logger_type, "1").configs;
  ASSERT_EQ(described.size(), 1U);
  EXPECT_EQ(described[0].name, "root");
  EXPECT_EQ(described[0].value->view(), "ERROR");
  EXPECT_EQ(described[0].config_source, 6);
  EXPECT_EQ(alter(logger_type, "1", "root", "LOUD").error_code, number(ErrorCode::InvalidConfig));
  EXPECT_EQ(alter(logger_type, "1", "branch", "INFO").error_code, number(ErrorCode::InvalidConfig));
  EXPECT_EQ(alter(logger_type, "1", "root", "INFO", 2).error_code, number(ErrorCode::InvalidRequest));
  EXPECT_EQ(cluster.controller_calls, 0U);
}

TEST_F(ConfigsTest, ResourcesAreListedByType) {
  create_topic("t");
  protocol::ListConfigResourcesRequest request;
  EXPECT_EQ(call(list_config_resources, 1, request).config_resources.size(), 3U);  // the topic, the broker, its logger
  EXPECT_EQ(call(list_config_resources, 0, request).config_resources.size(), 0U);
  request.resource_types = {topic_type, topic_type};
  const auto topics = call(list_config_resources, 1, request).config_resources;
  ASSERT_EQ(topics.size(), 1U);
  EXPECT_EQ(topics[0].resource_name, "t");
  request.resource_types = {1};
  EXPECT_EQ(call(list_config_resources, 1, request).error_code, number(ErrorCode::UnsupportedVersion));
}

}  // namespace
}  // namespace odradek::api
