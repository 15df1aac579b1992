// What a ConsumerGroupHeartbeat does to a consumer group: joining, going on, leaving (KIP-848, KIP-1082).
//
// Pure: the group as it is, a request, the time; records and the answer out.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "coordinator/group/consumer_step.h"
#include "coordinator/group/group.h"
#include "machine/decision.h"
#include "protocol/error_code.h"
#include "protocol/messages/consumer_group_heartbeat.h"

namespace odradek::coordinator {

using ConsumerHeartbeatRequest = protocol::ConsumerGroupHeartbeatRequest;
using ConsumerHeartbeatResponse = protocol::ConsumerGroupHeartbeatResponse;

// An answer that says what is wrong.
[[nodiscard]] ConsumerHeartbeatResponse refused(protocol::ErrorCode error, std::string message);

// Whether the request can be right for any group; what it says of members is not looked at.
[[nodiscard]] std::optional<ConsumerHeartbeatResponse> check_heartbeat(const ConsumerHeartbeatRequest& request,
                                                                       int16_t api_version,
                                                                       const ConsumerOptions& options);

// `group` is null where there is none, which only a joining member may find. `new_member_id` is for a member that has
// none (version 0). Goes on from `step`, which may have begun with other changes. The answer may view the request.
[[nodiscard]] ConsumerHeartbeatResponse heartbeat(ConsumerStep& step, const ConsumerHeartbeatRequest& request,
                                                  const Caller& caller, std::string_view new_member_id);

// A member that says goodbye, for good or (static members) until it is back.
[[nodiscard]] ConsumerHeartbeatResponse leave(ConsumerStep& step, const ConsumerHeartbeatRequest& request);

// Members that have been silent for too long, or have left. The group goes on without them.
void remove_members(ConsumerStep& step, std::span<const std::string> member_ids);

// Nothing about the member changes and nothing is to be told: the answer to most heartbeats, which costs nothing.
[[nodiscard]] bool is_idle_heartbeat(const ConsumerGroup& group, const ConsumerHeartbeatRequest& request,
                                     const Caller& caller);
[[nodiscard]] ConsumerHeartbeatResponse idle_answer(const ConsumerGroup& group, const ConsumerHeartbeatRequest& request,
                                                    const ConsumerContext& context);

}  // namespace odradek::coordinator
