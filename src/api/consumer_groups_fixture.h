// A group with members of the new protocol and of the classic one, who speak through their handlers.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/consumer_group_describe.h"
#include "api/consumer_group_heartbeat.h"
#include "api/find_coordinator.h"
#include "api/heartbeat.h"
#include "api/join_group.h"
#include "api/leave_group.h"
#include "api/offset_commit.h"
#include "api/sync_group.h"
#include "coordinator/group/consumer_protocol.h"
#include "protocol/error_code.h"
#include "protocol/writer.h"

namespace odradek::api {

class ConsumerGroupsTest : public ApiTest {
 protected:
  using ErrorCode = protocol::ErrorCode;
  using Text = protocol::Text;
  using ConsumerGroupHeartbeatResponse = protocol::ConsumerGroupHeartbeatResponse;
  using Read = std::set<int32_t>;

  struct New {
    std::string id;
    std::string instance = {};
    int32_t epoch = 0;
    Read reads = {};
  };
  struct Classic {
    std::string id;
    std::string instance = {};
    int32_t generation = -1;
    Read reads = {};
  };

  static ErrorCode code(int16_t raw) { return static_cast<ErrorCode>(raw); }

  ConsumerGroupsTest() {
    topic_ = create_topic("t", 4);
    protocol::FindCoordinatorRequest request;
    request.coordinator_keys = {Text("mine")};
    EXPECT_EQ(call(find_coordinator, 4, std::move(request)).coordinators.at(0).error_code, 0);
    while (describe().error_code != static_cast<int16_t>(ErrorCode::GroupIdNotFound)) {  // it loads
      pass(1);
    }
  }

  static runtime::Task<void> nap(int64_t ms) { co_await runtime::sleep_for(std::chrono::milliseconds(ms)); }
  void pass(int64_t ms) { run(nap(ms)); }

  // The group's coordinator begins anew, with these options.
  void reload(const coordinator::GroupOptions& options) {
    cluster.group_options = options;
    run(cluster.reload_groups());
    while (code(describe().error_code) == ErrorCode::CoordinatorLoadInProgress) {
      pass(1);
    }
  }

  void add_partition(std::string_view topic, int32_t index) {
    protocol::PartitionRecord added;
    added.topic_id = cluster.image()->topic(topic)->id.uuid();
    added.partition_id = index;
    added.replicas = {test_node.raw()};
    added.isr = {test_node.raw()};
    added.leader = test_node.raw();
    added.directories = {Uuid()};
    std::vector<metadata::MetadataRecord> records;
    records.emplace_back(std::move(added));
    apply(std::move(records));
  }

  ErrorCode beat(New& member) {
    protocol::ConsumerGroupHeartbeatRequest request;
    request.group_id = Text("mine");
    request.member_id = Text::owned(member.id);
    request.member_epoch = member.epoch;
    if (!member.instance.empty()) {
      request.instance_id = Text::owned(member.instance);
    }
    if (member.epoch == 0) {
      request.rebalance_timeout_ms = 30'000;
      request.subscribed_topic_names.emplace().emplace_back("t");
    }
    request.topic_partitions.emplace();
    if (member.epoch > 0 && !member.reads.empty()) {
      request.topic_partitions->push_back({.topic_id = topic_.uuid(),
                                           .partitions = std::vector(member.reads.begin(), member.reads.end()),
                                           .unknown_tags = {}});
    }
    const ConsumerGroupHeartbeatResponse answer = call(consumer_group_heartbeat, 1, std::move(request));
    if (answer.error_code == 0) {
      member.epoch = answer.member_epoch;
      if (answer.assignment) {
        member.reads.clear();
        for (const auto& one : answer.assignment->topic_partitions) {
          member.reads.insert(one.partitions.begin(), one.partitions.end());
        }
      }
    }
    return code(answer.error_code);
  }

  ErrorCode leave(const New& member) {
    protocol::ConsumerGroupHeartbeatRequest request;
    request.group_id = Text("mine");
    request.member_id = Text::owned(member.id);
    request.member_epoch = -1;
    return code(call(consumer_group_heartbeat, 1, std::move(request)).error_code);
  }

  // Of one who still reads these.
  static Bytes subscription(std::vector<int32_t> owned = {}) {
    protocol::ConsumerProtocolSubscription message;
    message.topics.emplace_back("t");
    if (!owned.empty()) {
      auto& topic = message.owned_partitions.emplace_back();
      topic.topic = Text("t");
      topic.partitions = std::move(owned);
    }
    protocol::Writer out;
    out.integer(int16_t{1});
    message.encode(out, 1);
    return *std::move(out).finish_bytes();
  }

  // Joins and syncs, as an eager client does: without partitions. Alone in its group it takes all.
  ErrorCode join(Classic& member, Bytes metadata = subscription(),
                 const std::vector<std::string_view>& protocols = {"range"}) {
    const protocol::JoinGroupResponse joined = join_only(member, std::move(metadata), protocols);
    return joined.error_code == 0 ? sync(member, joined.leader.view()) : code(joined.error_code);
  }

  protocol::JoinGroupResponse join_only(Classic& member, Bytes metadata = subscription(),
                                        const std::vector<std::string_view>& protocols = {"range"}) {
    protocol::JoinGroupResponse joined;
    for (int attempt = 0; attempt < 2; ++attempt) {
      protocol::JoinGroupRequest request;
      request.group_id = Text("mine");
      request.member_id = Text::owned(member.id);
      if (!member.instance.empty()) {
        request.group_instance_id = Text::owned(member.instance);
      }
      request.protocol_type = Text("consumer");
      request.session_timeout_ms = 10'000;
      request.rebalance_timeout_ms = 10'000;
      for (const std::string_view name : protocols) {
        request.protocols.push_back({.name = Text::owned(name), .metadata = Blob(Bytes(metadata)), .unknown_tags = {}});
      }
      joined = call(join_group, 9, std::move(request));
      member.id = joined.member_id.str();
      if (code(joined.error_code) != ErrorCode::MemberIdRequired) {
        break;
      }
    }
    member.generation = joined.generation_id;
    return joined;
  }

  ErrorCode sync(Classic& member, std::string_view leader = {}) {
    protocol::SyncGroupRequest request;
    request.group_id = Text("mine");
    request.member_id = Text::owned(member.id);
    request.generation_id = member.generation;
    request.protocol_type = Text("consumer");
    request.protocol_name = Text("range");
    if (leader == member.id) {
      const coordinator::Assignment all{{.topic = topic_, .partitions = {0, 1, 2, 3}}};
      request.assignments.push_back({.member_id = Text::owned(member.id),
                                     .assignment = Blob(coordinator::write_assignment(all, *services().image(), 1)),
                                     .unknown_tags = {}});
    }
    const auto synced = call(sync_group, 5, std::move(request));
    member.reads.clear();
    if (synced.error_code == 0) {
      const auto mine = coordinator::read_assignment(synced.assignment.view());
      EXPECT_TRUE(mine.has_value());
      for (const auto& one : mine->assigned_partitions) {
        member.reads.insert(one.partitions.begin(), one.partitions.end());
      }
    }
    return code(synced.error_code);
  }

  ErrorCode beat(const Classic& member) {
    protocol::HeartbeatRequest request;
    request.group_id = Text("mine");
    request.member_id = Text::owned(member.id);
    request.generation_id = member.generation;
    return code(call(heartbeat, 4, std::move(request)).error_code);
  }

  void leave(const Classic& member) { EXPECT_EQ(remove(member.id), ErrorCode::None); }

  ErrorCode remove(std::string_view member) {
    protocol::LeaveGroupRequest request;
    request.group_id = Text("mine");
    request.members.emplace_back().member_id = Text::owned(member);
    return code(call(leave_group, 5, std::move(request)).members.at(0).error_code);
  }

  protocol::ConsumerGroupDescribeResponse::DescribedGroup describe() {
    protocol::ConsumerGroupDescribeRequest request;
    request.group_ids = {Text("mine")};
    return call(consumer_group_describe, 1, std::move(request)).groups.at(0);
  }

  ErrorCode commit(std::string_view member, int32_t epoch, int32_t partition) {
    protocol::OffsetCommitRequest request;
    request.group_id = Text("mine");
    request.member_id = Text::owned(member);
    request.generation_id_or_member_epoch = epoch;
    auto& topic = request.topics.emplace_back();
    topic.name = Text("t");
    topic.partitions.emplace_back().partition_index = partition;
    return code(call(offset_commit, 9, std::move(request)).topics.at(0).partitions.at(0).error_code);
  }

  TopicId topic_;
};

}  // namespace odradek::api
