// What handlers share that hand a request on to the controller.
#pragma once

#include <cstdint>

#include "api/request_context.h"
#include "base/result.h"
#include "machine/controller_channel.h"
#include "protocol/text.h"
#include "protocol/wire_code.h"

namespace odradek::api {

// For a request that gives its own time; a negative one has passed already.
[[nodiscard]] machine::CallContext call_context(const RequestContext& context, int32_t timeout_ms);
// For one that gives none: request.timeout.ms of this broker's own.
[[nodiscard]] machine::CallContext call_context(const RequestContext& context);

[[nodiscard]] inline int16_t wire_number(protocol::ErrorCode code) { return static_cast<int16_t>(code); }
[[nodiscard]] inline int16_t wire_number(Errc code) { return wire_number(protocol::wire_code(code)); }

// The error's own sentence, or Kafka's for its code.
[[nodiscard]] protocol::Text message_of(const Error& error);

}  // namespace odradek::api
