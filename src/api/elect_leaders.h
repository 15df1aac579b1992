// ElectLeaders (43): preferred or unclean elections.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/elect_leaders.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::ElectLeadersResponse> elect_leaders(RequestContext& context,
                                                                          protocol::ElectLeadersRequest request);

}  // namespace odradek::api
