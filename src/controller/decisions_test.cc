// Decisions about configs, features, leaders, replicas and producer ids.
#include "controller/config_decisions.h"
#include "controller/controller_fixture.h"
#include "controller/placement.h"
#include "controller/producer_id_decisions.h"
#include "controller/reassignment_decisions.h"
#include "controller/topic_decisions.h"

namespace odradek::controller {
namespace {

using metadata::ConfigResourceType;
using protocol::ErrorCode;

class Decisions : public DecisionTest {
 protected:
  Decisions() {
    protocol::CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = "x";
    topic.num_partitions = 2;
    topic.replication_factor = 1;
    apply(create_topics(state, context(), request)->records);
  }

  // One change of one resource: what it is answered.
  std::pair<ErrorCode, std::string> alter(ConfigResourceType type, std::string_view name, std::string_view option,
                                          std::optional<std::string> value, int8_t operation = 0) {
    protocol::IncrementalAlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<int8_t>(type);
    resource.resource_name = name;
    auto& config = resource.configs.emplace_back();
    config.name = option;
    config.config_operation = operation;
    config.value.reset();
    if (value) {
      config.value = protocol::Text(*value);
    }
    const auto decision = incremental_alter_configs(state, context(), request);
    records = apply(decision.records);
    const auto& answer = decision.reply.responses.at(0);
    return {static_cast<ErrorCode>(answer.error_code), answer.error_message ? answer.error_message->str() : ""};
  }

  struct Level {
    int8_t type;
    std::string feature;
    int16_t level;
  };
  auto update(const std::vector<Level>& levels) {
    protocol::UpdateFeaturesRequest request;
    for (const Level& wanted : levels) {
      auto& one = request.feature_updates.emplace_back();
      one.feature = protocol::Text(wanted.feature);
      one.max_version_level = wanted.level;
      one.upgrade_type = wanted.type;
    }
    return update_features(state, context(), request, NodeId(1), 1, 2);
  }
  // As if that had always been its level.
  void set_level(std::string_view feature, int16_t level) {
    protocol::FeatureLevelRecord record;
    record.name = feature;
    record.feature_level = level;
    RecordList list(state);
    list.add(record);
    apply(std::move(list).take());
  }

  // Of a partition that is there, and of one that is not.
  protocol::AssignReplicasToDirsRequest where_replicas_are() {
    protocol::AssignReplicasToDirsRequest request;
    request.broker_id = 1;
    request.broker_epoch = state.image().broker(NodeId(1))->epoch.raw();
    auto& directory = request.directories.emplace_back();
    directory.id = Uuid(6, 6);
    auto& topic = directory.topics.emplace_back();
    topic.topic_id = state.image().topic("x")->id.uuid();
    topic.partitions.emplace_back().partition_index = 1;
    topic.partitions.emplace_back().partition_index = 7;
    return request;
  }

  size_t records = 0;  // of the last change
};

TEST_F(Decisions, ConfigsAreChangedAndTakenAway) {
  EXPECT_EQ(alter(ConfigResourceType::Topic, "x", "retention.ms", "5").first, ErrorCode::None);
  EXPECT_EQ(records, 1U);
  EXPECT_EQ(alter(ConfigResourceType::Topic, "x", "retention.ms", "5").first, ErrorCode::None);
  EXPECT_EQ(records, 0U) << "nothing changed";
  EXPECT_EQ(alter(ConfigResourceType::Topic, "x", "min.insync.replicas", "1").first, ErrorCode::None);
  EXPECT_EQ(records, 2U) << "and eligible leaders are forgotten";
  EXPECT_EQ(alter(ConfigResourceType::Topic, "x", "retention.ms", std::nullopt, 1).first, ErrorCode::None);
  EXPECT_EQ(state.image().configs(ConfigResourceType::Topic, "x").size(), 1U);
  EXPECT_EQ(alter(ConfigResourceType::Broker, "", "log.cleaner.threads", "2").first, ErrorCode::None);
  EXPECT_EQ(alter(ConfigResourceType::Broker, "1", "log.cleaner.threads", "2").first, ErrorCode::None);
  EXPECT_EQ(alter(ConfigResourceType::Broker, "1", "log.cleaner.threads", "2").first, ErrorCode::None);
  EXPECT_EQ(records, 1U) << "brokers are told again";
  EXPECT_EQ(alter(ConfigResourceType::Group, "g", "consumer.session.timeout.ms", "45000").first, ErrorCode::None);
  EXPECT_EQ(alter(ConfigResourceType::ClientMetrics, "c", "interval.ms", "1000").first, ErrorCode::None);
}

TEST_F(Decisions, ConfigsAreRefusedAsKafkaRefusesThem) {
  using Type = ConfigResourceType;
  const auto expect = [&](std::pair<ErrorCode, std::string> got, ErrorCode code, std::string_view message) {
    EXPECT_EQ(static_cast<int>(got.first), static_cast<int>(code)) << got.second;
    EXPECT_TRUE(got.second.starts_with(message)) << got.second;
    EXPECT_EQ(records, 0U);
  };
  expect(alter(Type::Topic, "x", "retention.ms", "x"), ErrorCode::InvalidConfig,
         "Invalid value x for configuration retention.ms: Not a number of type LONG");
  expect(alter(Type::Topic, "x", "foo", "x"), ErrorCode::InvalidConfig, "Unknown topic config name: foo");
  expect(alter(Type::Topic, "x", "foo", std::nullopt, 1), ErrorCode::None, "");
  expect(alter(Type::Topic, "x", "retention.ms", "1", 2), ErrorCode::InvalidConfig,
         "Can't APPEND to key retention.ms because its type is not LIST.");
  expect(alter(Type::Topic, "nope", "retention.ms", "5"), ErrorCode::UnknownTopicOrPartition,
         "The topic 'nope' does not exist.");
  expect(alter(Type::Topic, "", "retention.ms", "5"), ErrorCode::InvalidRequest,
         "Default topic resources are not allowed.");
  expect(alter(Type::Broker, "1", "log.dirs", "2"), ErrorCode::InvalidRequest,
         "Cannot update these configs dynamically: ");
  expect(alter(Type::Broker, "1", "min.insync.replicas", "2"), ErrorCode::InvalidConfig,
         "Broker-level min.insync.replicas cannot be altered while ELR is enabled.");
  expect(alter(Type::Broker, "", "min.insync.replicas", std::nullopt, 1), ErrorCode::InvalidConfig,
         "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.");
  expect(alter(Type::Group, "g", "foo", "1"), ErrorCode::InvalidConfig, "Unknown group config name: foo");
  expect(alter(Type::Group, "", "consumer.session.timeout.ms", "45000"), ErrorCode::InvalidRequest,
         "Default group resources are not allowed.");
  expect(alter(Type::ClientMetrics, "c", "foo", "1"), ErrorCode::InvalidRequest,
         "Unknown client metrics configuration: foo");
  expect(alter(Type::Unknown, "c", "foo", "1"), ErrorCode::InvalidRequest, "Unknown resource type 0");
  EXPECT_EQ(alter(Type::Broker, "abc", "log.cleaner.threads", "1").first, ErrorCode::InvalidRequest);
  EXPECT_EQ(alter(Type::Broker, "9", "log.cleaner.threads", "1").first, ErrorCode::BrokerIdNotRegistered);
}

TEST_F(Decisions, AlterConfigsReplacesAllOfThem) {
  alter(ConfigResourceType::Topic, "x", "retention.ms", "5");
  protocol::AlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = 2;
  resource.resource_name = "x";
  auto& config = resource.configs.emplace_back();
  config.name = "segment.ms";
  config.value = protocol::Text("9");
  request.validate_only = true;
  EXPECT_TRUE(alter_configs(state, context(), request).records.empty());
  request.validate_only = false;
  apply(alter_configs(state, context(), request).records);
  EXPECT_EQ(state.image().configs(ConfigResourceType::Topic, "x"), (metadata::ConfigMap{{"segment.ms", "9"}}));
}

TEST_F(Decisions, FeaturesAnswerAsKafkaDoes) {
  struct Row {
    int8_t type;
    std::string feature;
    int16_t level;
    std::string message;  // empty: accepted
  };
  const std::string local = "Local controller 1 ";
  const std::vector<Row> rows = {
      {1, "metadata.version", 6,
       "Invalid update version 6 for feature metadata.version. " + local + "only supports versions 7-30"},
      {1, "metadata.version", 31,
       "Invalid update version 31 for feature metadata.version. " + local + "only supports versions 7-30"},
      {1, "metadata.version", 30, ""},
      {1, "metadata.version", 29,
       "Invalid update version 29 for feature metadata.version. Can't downgrade the version of this "
       "feature without setting the upgrade type to either safe or unsafe downgrade."},
      {2, "metadata.version", 29,
       "Unsupported metadata.version downgrade from 30 to 29. Refusing to perform the requested "
       "downgrade because it might delete metadata information."},
      {3, "metadata.version", 29,
       "Unsupported metadata.version downgrade from 30 to 29. Unsafe metadata downgrade is not "
       "supported in this version."},
      {1, "group.version", 1, ""},
      {2, "group.version", 0, ""},
      {1, "group.version", 2,
       "Invalid update version 2 for feature group.version. " + local + "only supports versions 0-1"},
      {2, "kraft.version", 0,
       "Invalid update version 0 for feature kraft.version. Can't downgrade the version of this feature."},
      {1, "kraft.version", 1, ""},
      {1, "nofeature", 1,
       "Invalid update version 1 for feature nofeature. " + local + "does not support this feature."},
      {2, "nofeature", 0, "Invalid update version 0 for feature nofeature. Feature nofeature not found."},
  };
  for (const Row& row : rows) {
    protocol::UpdateFeaturesRequest request;
    auto& update = request.feature_updates.emplace_back();
    update.feature = protocol::Text(row.feature);
    update.max_version_level = row.level;
    update.upgrade_type = row.type;
    request.validate_only = true;
    const auto decision = update_features(state, context(), request, NodeId(1), 1, 2);
    EXPECT_TRUE(decision.records.empty());
    if (row.message.empty()) {
      EXPECT_EQ(decision.reply.error_code, 0) << row.feature << row.level;
    } else {
      EXPECT_EQ(decision.reply.error_code, static_cast<int16_t>(ErrorCode::InvalidUpdateVersion));
      EXPECT_EQ(*decision.reply.error_message,
                "The update failed for all features since the following feature had an error: " + row.message);
    }
  }
}

TEST_F(Decisions, MetadataVersionGoesBackWhereNothingWouldBeLost) {
  set_level("metadata.version", 29);
  struct Row {
    int8_t type;
    int16_t level;
    std::string message;  // empty: accepted
  };
  const std::string newer =
      "Invalid update version 30 for feature metadata.version. Can't downgrade to a newer version.";
  const std::vector<Row> rows = {
      {2, 25, ""},
      {3, 23, ""},
      {1, 30, ""},
      {2, 30, newer},
      {3, 30, newer},
      {2, 22,
       "Unsupported metadata.version downgrade from 29 to 22. Refusing to perform the requested downgrade because it "
       "might delete metadata information."},
  };
  for (const Row& row : rows) {
    const auto decision = update({{.type = row.type, .feature = "metadata.version", .level = row.level}});
    EXPECT_EQ(decision.records.size(), row.message.empty() ? 1U : 0U);
    const std::string message = decision.reply.error_message ? decision.reply.error_message->str() : "";
    EXPECT_TRUE(message.ends_with(row.message)) << message;
    EXPECT_EQ(message.empty(), row.message.empty());
  }
}

TEST_F(Decisions, AFeatureMayDependOnALevelThatIsSetWithIt) {
  set_level("eligible.leader.replicas.version", 0);
  set_level("metadata.version", 22);
  const Level elr = {.type = 1, .feature = "eligible.leader.replicas.version", .level = 1};
  const Level metadata = {.type = 1, .feature = "metadata.version", .level = 30};
  EXPECT_TRUE(update({elr}).reply.error_message->view().ends_with("It depends on metadata.version level 23"));
  EXPECT_EQ(update({elr, metadata}).reply.error_code, 0);
  apply(update({metadata, elr}).records);
  EXPECT_EQ(state.image().metadata_version(), 30);
  EXPECT_EQ(state.image().feature_level("eligible.leader.replicas.version"), 1);
}

TEST_F(Decisions, BrokersThatKafkaLeftInTheMetadataGetNoReplicas) {
  NodeRegistration other = test_node();
  other.id = NodeId(2);
  apply(register_node(state, other, end).records);
  apply(unfence(state, NodeId(2)).take());
  EXPECT_EQ(usable_brokers(state), (std::vector<NodeId>{NodeId(1), NodeId(2)})) << "as Kafka wrote it";
  EXPECT_EQ(apply(fence_others(state, NodeId(1)).take()), 1U);
  EXPECT_EQ(usable_brokers(state), std::vector<NodeId>{NodeId(1)});
  EXPECT_EQ(apply(fence_others(state, NodeId(1)).take()), 0U);

  const auto taken = new_partition(state, {NodeId(1), NodeId(2)});
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().code, Errc::InvalidReplicaAssignment);
  EXPECT_EQ(taken.error().message, "The manual partition assignment includes broker 2, which is not alive.");
}

TEST_F(Decisions, AFeatureGoesAndComesBack) {
  protocol::UpdateFeaturesRequest request;
  auto& update = request.feature_updates.emplace_back();
  update.feature = "eligible.leader.replicas.version";
  update.upgrade_type = 2;
  apply(update_features(state, context(), request, NodeId(1), 1, 1).records);
  EXPECT_EQ(state.image().feature_level("eligible.leader.replicas.version"), 0);
  update.upgrade_type = 1;
  update.max_version_level = 1;
  const auto decision = update_features(state, context(), request, NodeId(1), 1, 1);
  apply(decision.records);
  EXPECT_EQ(decision.reply.results.size(), 1U) << "version 1 answers each";
  EXPECT_EQ(state.image().feature_level("eligible.leader.replicas.version"), 1);
}

TEST_F(Decisions, ElectionsOnOneNodeAreNotNeeded) {
  for (const int8_t type : {int8_t{0}, int8_t{1}}) {
    protocol::ElectLeadersRequest request;
    request.election_type = type;
    request.topic_partitions.emplace();
    auto& x = request.topic_partitions->emplace_back();
    x.topic = "x";
    x.partitions = {0, 9};
    auto& nope = request.topic_partitions->emplace_back();
    nope.topic = "nope";
    nope.partitions = {0};
    const auto decision = elect_leaders(state, request);
    EXPECT_TRUE(decision.records.empty());
    const auto& results = decision.reply.replica_election_results;
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[0].partition_result[0].error_code, static_cast<int16_t>(ErrorCode::ElectionNotNeeded));
    EXPECT_EQ(*results[0].partition_result[1].error_message, "No such partition as x-9");
    EXPECT_EQ(*results[1].partition_result[0].error_message, "No such topic as nope");
    request.topic_partitions.reset();
    EXPECT_TRUE(elect_leaders(state, request).reply.replica_election_results.empty());
  }
}

TEST_F(Decisions, ANodeThatLeavesAndComesBackLeadsInANewEpoch) {
  apply(begin_controlled_shutdown(state, NodeId(1)).take());
  apply(elections_for_departure(state, NodeId(1)).take());
  apply(fence(state, NodeId(1)).take());
  EXPECT_EQ(partition("x", 0).leader, no_node);
  EXPECT_TRUE(partition("x", 0).isr.empty());
  EXPECT_EQ(partition("x", 0).eligible_leader_replicas, std::vector<NodeId>{NodeId(1)});
  protocol::ElectLeadersRequest unclean;
  unclean.election_type = 1;
  unclean.topic_partitions.reset();
  EXPECT_EQ(elect_leaders(state, unclean).reply.replica_election_results[0].partition_result[0].error_code,
            static_cast<int16_t>(ErrorCode::EligibleLeadersNotAvailable));

  NodeRegistration node = test_node();
  node.incarnation = Uuid(8, 8);
  const auto registered = register_node(state, node, end);
  EXPECT_EQ(registered.reply.epoch.raw(), end.raw() + 1) << "the offset of its record, behind the controller's";
  apply(registered.records);
  apply(unfence(state, NodeId(1)).take());
  apply(elections_for_arrival(state, NodeId(1)).take());
  EXPECT_EQ(partition("x", 0).leader, NodeId(1));
  EXPECT_EQ(partition("x", 0).leader_epoch, LeaderEpoch(2));
  EXPECT_EQ(partition("x", 0).isr, std::vector<NodeId>{NodeId(1)});
  EXPECT_TRUE(partition("x", 0).eligible_leader_replicas.empty());
  EXPECT_TRUE(partition("x", 0).last_known_elr.empty());
}

TEST_F(Decisions, AMovedDirectoryIsFollowed) {
  NodeRegistration node = test_node();
  node.directories = {DirectoryId(Uuid(5, 5))};
  apply(register_node(state, node, end).records);
  apply(elections_for_arrival(state, NodeId(1)).take());
  EXPECT_EQ(partition("x", 1).directory_of(NodeId(1)), DirectoryId(Uuid(5, 5)));
}

TEST_F(Decisions, ReassignmentsAnswerAsOneNodeCan) {
  struct Row {
    std::string topic;
    int32_t partition;
    std::optional<std::vector<int32_t>> replicas;
    ErrorCode code;
  };
  const std::vector<Row> rows = {
      {"x", 0, {}, ErrorCode::NoReassignmentInProgress},       {"x", 0, {{1}}, ErrorCode::None},
      {"x", 0, {{1, 2}}, ErrorCode::InvalidReplicaAssignment}, {"x", 0, {{1, 1}}, ErrorCode::InvalidReplicaAssignment},
      {"x", 0, {{-1}}, ErrorCode::InvalidReplicaAssignment},   {"x", 5, {}, ErrorCode::UnknownTopicOrPartition},
      {"nope", 0, {{1}}, ErrorCode::UnknownTopicOrPartition},
  };
  for (const Row& row : rows) {
    protocol::AlterPartitionReassignmentsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = protocol::Text(row.topic);
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = row.partition;
    partition.replicas = row.replicas;
    const auto decision = alter_reassignments(state, request);
    EXPECT_TRUE(decision.records.empty());
    EXPECT_EQ(decision.reply.responses[0].partitions[0].error_code, static_cast<int16_t>(row.code)) << row.topic;
  }
  EXPECT_TRUE(list_reassignments(state, {}).topics.empty());
}

TEST_F(Decisions, NoProducerIdIsGivenTwice) {
  protocol::AllocateProducerIdsRequest request;
  request.broker_id = 1;
  request.broker_epoch = state.image().broker(NodeId(1))->epoch.raw();
  int64_t next = 0;
  for (int i = 0; i < 3; ++i) {
    const auto decision = allocate_producer_ids(state, request);
    EXPECT_EQ(decision.reply.producer_id_start, next);
    EXPECT_EQ(decision.reply.producer_id_len, 1000);
    apply(decision.records);
    next += 1000;
  }
  request.broker_epoch += 1;
  EXPECT_EQ(allocate_producer_ids(state, request).reply.error_code, static_cast<int16_t>(ErrorCode::StaleBrokerEpoch));
  request.broker_id = 7;
  EXPECT_EQ(allocate_producer_ids(state, request).reply.error_code,
            static_cast<int16_t>(ErrorCode::BrokerIdNotRegistered));
}

TEST_F(Decisions, AListThatGrowsLongerThanARecordHoldsIsRefused) {
  constexpr int8_t append = 2;
  constexpr std::string_view option = "leader.replication.throttled.replicas";
  const auto list_from = [](int first) {
    std::string list = fmt::format("{}:1", first);
    for (int i = 1; i < 3000; ++i) {
      list += fmt::format(",{}:1", first + i);
    }
    return list;
  };
  EXPECT_EQ(alter(ConfigResourceType::Topic, "x", option, list_from(1000), append).first, ErrorCode::None);
  const auto [code, message] = alter(ConfigResourceType::Topic, "x", option, list_from(5000), append);
  EXPECT_EQ(code, ErrorCode::InvalidConfig);
  EXPECT_THAT(message, testing::HasSubstr("exceeds the maximum value size of 32767 bytes"));
  EXPECT_EQ(records, 0U);
}

// What 3.6 and earlier finalized has no place for directories in its records.
TEST_F(Decisions, AClusterOfAnOldLevelIsNotToldOfDirectories) {
  RecordList level(state);
  level.add(protocol::FeatureLevelRecord{
      .name = protocol::Text("metadata.version"), .feature_level = 14, .unknown_tags = {}});
  apply(std::move(level).take());
  const auto decision = assign_replicas(state, where_replicas_are());
  EXPECT_EQ(decision.reply.error_code, static_cast<int16_t>(ErrorCode::UnsupportedVersion));
  EXPECT_TRUE(decision.records.empty());
}

TEST_F(Decisions, ABrokerSaysWhichDirectoryHoldsAReplica) {
  const auto decision = assign_replicas(state, where_replicas_are());
  apply(decision.records);
  EXPECT_EQ(partition("x", 1).directory_of(NodeId(1)), DirectoryId(Uuid(6, 6)));
  EXPECT_EQ(partition("x", 1).leader_epoch, LeaderEpoch(0)) << "no election";
  EXPECT_EQ(decision.reply.directories[0].topics[0].partitions[1].error_code,
            static_cast<int16_t>(ErrorCode::UnknownTopicOrPartition));
}

}  // namespace
}  // namespace odradek::controller
