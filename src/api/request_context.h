// Who asks, on which connection, with which version; and what handlers work with.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/shard_affinity.h"
#include "protocol/api_keys.h"
#include "runtime/socket.h"

namespace odradek::api {

struct Services;

// A connection as handlers see it; outlives every request of it.
struct ConnectionInfo {
  runtime::Endpoint peer;
  std::string listener;  // the name of the listener it came in by: decides which advertised addresses it is told
  std::string principal = "User:ANONYMOUS";
};

// One request. A handler is given a reference that lives as long as its coroutine.
struct RequestContext {
  protocol::ApiKey api_key;
  int16_t api_version;
  int32_t correlation_id;
  std::string_view client_id;  // a view of the frame; empty if absent
  const ConnectionInfo* connection;
  Services* services;                 // of the connection's shard
  std::shared_ptr<const void> frame;  // keeps alive what the decoded request views
  size_t frame_size = 0;              // bytes; of the memory for requests they are held until the answer has gone
  // Called by the APIs that overlap, once no later request can come before what they append, or it was refused: the
  // connection's next request of that API may start. The end of the request does as well.
  std::function<void()> appended = [] {};
  // Told by those who hop to another shard, on the connection's own; null where nobody wants to know.
  ShardAffinity* affinity = nullptr;
};

}  // namespace odradek::api
