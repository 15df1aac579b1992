// The calls of the classic protocol on an available group partition.
//
// What a request views must stay until the answer; answers own what they say. Every answer leaves when what it saw is
// committed.
#pragma once

#include <memory>
#include <string>

#include "coordinator/group/answer.h"
#include "coordinator/group/group.h"
#include "coordinator/group/group_partition.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/sync_group.h"
#include "runtime/task.h"

namespace odradek::coordinator {

[[nodiscard]] runtime::Task<Answer<protocol::JoinGroupResponse>> join_group(std::shared_ptr<GroupPartition> partition,
                                                                            const protocol::JoinGroupRequest& request,
                                                                            Caller caller);
[[nodiscard]] runtime::Task<Answer<protocol::SyncGroupResponse>> sync_group(std::shared_ptr<GroupPartition> partition,
                                                                            const protocol::SyncGroupRequest& request);
[[nodiscard]] runtime::Task<Answer<protocol::HeartbeatResponse>> heartbeat(std::shared_ptr<GroupPartition> partition,
                                                                           const protocol::HeartbeatRequest& request);
// One answer for each of request.members, whatever the version.
[[nodiscard]] runtime::Task<Answer<protocol::LeaveGroupResponse>> leave_group(
    std::shared_ptr<GroupPartition> partition, const protocol::LeaveGroupRequest& request);

// The group's deadline has passed.
[[nodiscard]] runtime::Task<void> look_at_group(std::shared_ptr<GroupPartition> partition, std::string group);

}  // namespace odradek::coordinator
