// Metadata (3): brokers, topics and who leads their partitions; creates topics that are asked for where that is
// allowed.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/metadata.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::MetadataResponse> metadata(RequestContext& context,
                                                                 protocol::MetadataRequest request);

}  // namespace odradek::api
