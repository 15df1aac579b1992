// ListConfigResources (74): which resources have or can have options (KIP-1142); in version 0 subscriptions to client
// metrics.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/list_config_resources.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::ListConfigResourcesResponse> list_config_resources(
    RequestContext& context, protocol::ListConfigResourcesRequest request);

}  // namespace odradek::api
