// DescribeCluster (60): brokers, or controllers, of the cluster.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/describe_cluster.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::DescribeClusterResponse> describe_cluster(
    RequestContext& context, protocol::DescribeClusterRequest request);

}  // namespace odradek::api
