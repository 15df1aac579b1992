// InitProducerId (22): a producer id for idempotent writing. There is no transaction coordinator to ask.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/init_producer_id.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::InitProducerIdResponse> init_producer_id(RequestContext& context,
                                                                               protocol::InitProducerIdRequest request);

}  // namespace odradek::api
