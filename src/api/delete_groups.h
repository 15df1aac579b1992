// DeleteGroups (42): deleting empty groups with their offsets.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/delete_groups.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::DeleteGroupsResponse> delete_groups(RequestContext& context,
                                                                          protocol::DeleteGroupsRequest request);

}  // namespace odradek::api
