// Fetch (1): records of partitions, waiting for them if there are few; with sessions (KIP-227).
#pragma once

#include "api/request_context.h"
#include "protocol/messages/fetch.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::FetchResponse> fetch(RequestContext& context, protocol::FetchRequest request);

}  // namespace odradek::api
