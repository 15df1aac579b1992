// AlterConfigs (33): replaces all that is set on a resource. Brokers are checked here, the rest by the controller.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/alter_configs.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::AlterConfigsResponse> alter_configs(RequestContext& context,
                                                                          protocol::AlterConfigsRequest request);

}  // namespace odradek::api
