// The calls of the consumer protocol (KIP-848) on an available group partition.
//
// What a request views must stay until the answer, which may view it too. Every answer leaves when what it saw is
// committed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "coordinator/group/answer.h"
#include "coordinator/group/consumer_heartbeat.h"
#include "coordinator/group/group_partition.h"
#include "protocol/messages/consumer_group_describe.h"
#include "runtime/task.h"

namespace odradek::coordinator {

[[nodiscard]] runtime::Task<Answer<ConsumerHeartbeatResponse>> consumer_heartbeat(
    std::shared_ptr<GroupPartition> partition, const ConsumerHeartbeatRequest& request, Caller caller);

// GroupIdNotFound where there is no consumer group of this name.
[[nodiscard]] runtime::Task<Answer<protocol::ConsumerGroupDescribeResponse::DescribedGroup>> describe_consumer_group(
    std::shared_ptr<GroupPartition> partition, std::string_view group);

// A consumer group's deadline has passed: members that were silent for too long go.
[[nodiscard]] runtime::Task<void> look_at_consumer_group(std::shared_ptr<GroupPartition> partition, std::string group);

// What a decision about the group looks at, now.
[[nodiscard]] ConsumerContext context_of(GroupPartition& partition, std::string_view group,
                                         const ConsumerOptions& options);
// After a decision that is about to be logged: sessions are as `group` is.
void note_member(GroupPartition& partition, const ConsumerGroup& group, std::string_view member_id,
                 const ConsumerOptions& options);

}  // namespace odradek::coordinator
