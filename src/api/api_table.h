// Which APIs are served, at which versions, by which handler: one row each.
//
// A handler is a free coroutine in a file of its own: decoded request in, response out. What all of them need
// (versions, decoding, encoding) is done once, in dispatch.
#pragma once

#include <cstdint>
#include <span>

#include "api/request_context.h"
#include "base/bytes.h"
#include "protocol/api_table.h"
#include "protocol/reader.h"
#include "runtime/task.h"

namespace odradek::api {

struct Reply {
  ByteChain bytes;                  // a whole frame; empty when none is owed (Produce with acks 0)
  bool has_trailing_bytes = false;  // the request went on after its end, which is ignored
};

struct Api {
  using Handle = runtime::Async<Reply> (*)(RequestContext context, protocol::Reader body);

  protocol::ApiKey key;
  protocol::VersionRange versions;  // served, and what ApiVersions says
  Handle handle;
};

// Ascending by key.
[[nodiscard]] std::span<const Api> api_table();

// Null when the key is not served.
[[nodiscard]] const Api* find_served(int16_t key);

}  // namespace odradek::api
