// IncrementalAlterConfigs (44): changes single options (KIP-339). Brokers are checked here, the rest by the
// controller.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::IncrementalAlterConfigsResponse> incremental_alter_configs(
    RequestContext& context, protocol::IncrementalAlterConfigsRequest request);

}  // namespace odradek::api
