#include "api/forward.h"

#include <chrono>

namespace odradek::api {

machine::CallContext call_context(const RequestContext& context, int32_t timeout_ms) {
  return {.principal = context.connection->principal,
          .client_address = context.connection->peer.host,
          .deadline = runtime::Shard::current().in(std::chrono::milliseconds(timeout_ms)),
          .api_version = context.api_version};
}

machine::CallContext call_context(const RequestContext& context) {
  return call_context(context, static_cast<int32_t>(context.services->config->get_int("request.timeout.ms")));
}

protocol::Text message_of(const Error& error) {
  if (error.message.empty()) {
    return protocol::default_message(protocol::wire_code(error.code));
  }
  return error.message;
}

}  // namespace odradek::api
