// DeleteRecords (21): moves the start of partitions up.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/delete_records.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::DeleteRecordsResponse> delete_records(RequestContext& context,
                                                                            protocol::DeleteRecordsRequest request);

}  // namespace odradek::api
