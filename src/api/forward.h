// What handlers share that hand a request on to the controller.
//
// The controller's answer comes after every shard of this node was given the image that it speaks of: a client that has
// its answer finds what it created on whichever connection it asks next.
#pragma once

#include <cstdint>

#include "api/request_context.h"
#include "api/services.h"
#include "base/result.h"
#include "machine/controller_channel.h"
#include "protocol/text.h"
#include "protocol/wire_code.h"

namespace odradek::api {

// For a request that says how long it may take.
[[nodiscard]] machine::CallContext call_context(const RequestContext& context, int32_t timeout_ms);
// For one that does not: request.timeout.ms of this broker.
[[nodiscard]] machine::CallContext call_context(const RequestContext& context);

[[nodiscard]] inline int16_t wire_number(protocol::ErrorCode code) { return static_cast<int16_t>(code); }
[[nodiscard]] inline int16_t wire_number(Errc code) { return wire_number(protocol::wire_code(code)); }

// The error's own sentence, or Kafka's for its code.
[[nodiscard]] protocol::Text message_of(const Error& error);

}  // namespace odradek::api
