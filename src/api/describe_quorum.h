// DescribeQuorum (55): voters and observers of the metadata log.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/describe_quorum.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::DescribeQuorumResponse> describe_quorum(RequestContext& context,
                                                                              protocol::DescribeQuorumRequest request);

}  // namespace odradek::api
