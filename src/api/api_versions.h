// ApiVersions (18): which APIs at which versions, and which features, this broker serves.
#pragma once

#include "api/api_table.h"
#include "protocol/messages/api_versions.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::ApiVersionsResponse> api_versions(RequestContext& context,
                                                                        protocol::ApiVersionsRequest request);

// The answer to a version that we do not know: in version 0, with this API's own range alone (KIP-511).
[[nodiscard]] runtime::Async<Reply> refuse_api_versions(RequestContext context);

}  // namespace odradek::api
