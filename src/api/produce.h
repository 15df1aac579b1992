// Produce (0): appends batches to partitions, and waits for their replication where the producer asks for it.
#pragma once

#include <optional>

#include "api/request_context.h"
#include "protocol/messages/produce.h"
#include "runtime/task.h"

namespace odradek::api {

// Nothing is owed with acks 0. If an append failed then, there is no other way to say so than the error
// ConnectionClosed, which ends the connection.
[[nodiscard]] runtime::Async<std::optional<protocol::ProduceResponse>> produce(RequestContext& context,
                                                                               protocol::ProduceRequest request);

}  // namespace odradek::api
