#include "api/api_table.h"

#include <algorithm>
#include <array>

#include "api/alter_configs.h"
#include "api/alter_partition_reassignments.h"
#include "api/api_versions.h"
#include "api/consumer_group_describe.h"
#include "api/consumer_group_heartbeat.h"
#include "api/create_partitions.h"
#include "api/create_topics.h"
#include "api/delete_groups.h"
#include "api/delete_records.h"
#include "api/delete_topics.h"
#include "api/describe_cluster.h"
#include "api/describe_configs.h"
#include "api/describe_groups.h"
#include "api/describe_log_dirs.h"
#include "api/describe_producers.h"
#include "api/describe_quorum.h"
#include "api/describe_topic_partitions.h"
#include "api/detail/adapt.h"
#include "api/elect_leaders.h"
#include "api/fetch.h"
#include "api/find_coordinator.h"
#include "api/heartbeat.h"
#include "api/incremental_alter_configs.h"
#include "api/init_producer_id.h"
#include "api/join_group.h"
#include "api/leave_group.h"
#include "api/list_config_resources.h"
#include "api/list_groups.h"
#include "api/list_offsets.h"
#include "api/list_partition_reassignments.h"
#include "api/metadata.h"
#include "api/offset_commit.h"
#include "api/offset_delete.h"
#include "api/offset_fetch.h"
#include "api/offset_for_leader_epoch.h"
#include "api/produce.h"
#include "api/sync_group.h"
#include "api/update_features.h"

namespace odradek::api {

namespace {

using protocol::ApiKey;

// All versions that we can read and write, with those that Kafka 4.0 dropped.
template <auto handler>
Api serve(ApiKey key) {
  return {.key = key, .versions = protocol::api_info(key).versions, .handle = &detail::adapt<handler>};
}

template <auto handler>
Api serve_up_to(ApiKey key, int16_t last) {
  Api api = serve<handler>(key);
  api.versions.last = last;
  return api;
}

// clang-format off
auto make_table() {
  return std::to_array<Api>({
      serve<produce>(ApiKey::Produce),
      serve<fetch>(ApiKey::Fetch),
      serve<list_offsets>(ApiKey::ListOffsets),
      serve<metadata>(ApiKey::Metadata),
      serve<offset_commit>(ApiKey::OffsetCommit),
      serve<offset_fetch>(ApiKey::OffsetFetch),
      serve<find_coordinator>(ApiKey::FindCoordinator),
      serve<join_group>(ApiKey::JoinGroup),
      serve<heartbeat>(ApiKey::Heartbeat),
      serve<leave_group>(ApiKey::LeaveGroup),
      serve<sync_group>(ApiKey::SyncGroup),
      serve<describe_groups>(ApiKey::DescribeGroups),
      serve<list_groups>(ApiKey::ListGroups),
      serve<api_versions>(ApiKey::ApiVersions),
      serve<create_topics>(ApiKey::CreateTopics),
      serve<delete_topics>(ApiKey::DeleteTopics),
      serve<delete_records>(ApiKey::DeleteRecords),
      serve_up_to<init_producer_id>(ApiKey::InitProducerId, 5),  // 6 is not stable in Kafka 4.3
      serve<offset_for_leader_epoch>(ApiKey::OffsetForLeaderEpoch),
      serve<describe_configs>(ApiKey::DescribeConfigs),
      serve<alter_configs>(ApiKey::AlterConfigs),
      serve<describe_log_dirs>(ApiKey::DescribeLogDirs),
      serve<create_partitions>(ApiKey::CreatePartitions),
      serve<delete_groups>(ApiKey::DeleteGroups),
      serve<elect_leaders>(ApiKey::ElectLeaders),
      serve<incremental_alter_configs>(ApiKey::IncrementalAlterConfigs),
      serve<alter_partition_reassignments>(ApiKey::AlterPartitionReassignments),
      serve<list_partition_reassignments>(ApiKey::ListPartitionReassignments),
      serve<offset_delete>(ApiKey::OffsetDelete),
      serve<describe_quorum>(ApiKey::DescribeQuorum),
      serve<update_features>(ApiKey::UpdateFeatures),
      serve<describe_cluster>(ApiKey::DescribeCluster),
      serve<describe_producers>(ApiKey::DescribeProducers),
      serve<consumer_group_heartbeat>(ApiKey::ConsumerGroupHeartbeat),
      serve<consumer_group_describe>(ApiKey::ConsumerGroupDescribe),
      serve<list_config_resources>(ApiKey::ListConfigResources),
      serve<describe_topic_partitions>(ApiKey::DescribeTopicPartitions),
  });
}
// clang-format on

}  // namespace

std::span<const Api> api_table() {
  static const auto table = make_table();
  return table;
}

const Api* find_served(int16_t key) {
  const auto table = api_table();
  const auto found =
      std::ranges::lower_bound(table, key, {}, [](const Api& api) { return static_cast<int16_t>(api.key); });
  return found != table.end() && static_cast<int16_t>(found->key) == key ? &*found : nullptr;
}

}  // namespace odradek::api
