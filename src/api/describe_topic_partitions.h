// DescribeTopicPartitions (75): topics page by page, with their eligible leader replicas (KIP-966).
#pragma once

#include "api/request_context.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::DescribeTopicPartitionsResponse> describe_topic_partitions(
    RequestContext& context, protocol::DescribeTopicPartitionsRequest request);

}  // namespace odradek::api
