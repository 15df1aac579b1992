// FindCoordinator (10): which node coordinates a group. Transactions and share groups nobody does.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/find_coordinator.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::FindCoordinatorResponse> find_coordinator(
    RequestContext& context, protocol::FindCoordinatorRequest request);

}  // namespace odradek::api
