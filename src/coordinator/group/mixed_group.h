// Members of the classic protocol in a group of the consumer protocol: their calls, translated (KIP-848).
//
// To them every member epoch is a generation, and every change of their assignment a rebalance: a heartbeat tells
// them to join again, joining says what they own, and syncing what they have now. Each function decides: sessions
// change at once, records are to be logged.
#pragma once

#include <string>
#include <string_view>

#include "coordinator/group/consumer_group.h"
#include "coordinator/group/group.h"
#include "coordinator/group/group_partition.h"
#include "machine/decision.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/sync_group.h"

namespace odradek::coordinator {

// The consumer group that answers calls of classic members; null where there is none, or it has no members.
[[nodiscard]] const ConsumerGroup* find_mixed_group(const GroupState& state, std::string_view id);

// `new_member_id` is for a member without one. All answers own what they say.
[[nodiscard]] machine::Decision<protocol::JoinGroupResponse> join_mixed_group(GroupPartition& partition,
                                                                              const ConsumerGroup& group,
                                                                              const protocol::JoinGroupRequest& request,
                                                                              const Caller& caller,
                                                                              const std::string& new_member_id);
[[nodiscard]] protocol::SyncGroupResponse sync_mixed_group(GroupPartition& partition, const ConsumerGroup& group,
                                                           const protocol::SyncGroupRequest& request);
[[nodiscard]] protocol::ErrorCode heartbeat_mixed_group(GroupPartition& partition, const ConsumerGroup& group,
                                                        const protocol::HeartbeatRequest& request);
[[nodiscard]] machine::Decision<protocol::LeaveGroupResponse> leave_mixed_group(
    GroupPartition& partition, const ConsumerGroup& group, const protocol::LeaveGroupRequest& request);

}  // namespace odradek::coordinator
