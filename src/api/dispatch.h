// From a request's frame to its reply.
#pragma once

#include "api/api_table.h"
#include "api/request_context.h"
#include "protocol/framing.h"

namespace odradek::api {

// Whether a connection may start the next request of this API before this one is answered. Their handlers call
// RequestContext::appended.
[[nodiscard]] inline bool overlaps(int16_t api_key) {
  return api_key == static_cast<int16_t>(protocol::ApiKey::Produce) ||
         api_key == static_cast<int16_t>(protocol::ApiKey::OffsetCommit);
}

// Runs the handler. An error ends the connection: UnsupportedVersion for an API or version that is not served (but for
// ApiVersions, which answers what it does serve), MalformedMessage for a body that does not decode.
[[nodiscard]] runtime::Async<Reply> dispatch(const protocol::RequestHead& head, RequestContext context,
                                             protocol::Reader body);

}  // namespace odradek::api
