// DescribeLogDirs (35): which logs lie in which log directory, and how large they are.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/describe_log_dirs.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::DescribeLogDirsResponse> describe_log_dirs(
    RequestContext& context, protocol::DescribeLogDirsRequest request);

}  // namespace odradek::api
