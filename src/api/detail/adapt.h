// What every handler has in common: decode before, encode after.
#pragma once

#include <optional>
#include <utility>

#include "api/api_table.h"
#include "protocol/framing.h"

namespace odradek::api::detail {

template <typename Function>
struct HandlerTraits;

template <typename TaskType, typename RequestType>
struct HandlerTraits<TaskType (*)(RequestContext&, RequestType)> {
  using Request = RequestType;
  using Answer = typename TaskType::Value;
};

// Makes an Api::Handle of `Task<Response> handler(RequestContext&, Request)`. A handler that may owe no reply, or end
// the connection by an error, returns Async<std::optional<Response>>.
template <auto handler>
runtime::Async<Reply> adapt(RequestContext context, protocol::Reader body) {
  using Traits = HandlerTraits<decltype(handler)>;
  CO_TRY(auto request, Traits::Request::decode(body, context.api_version));
  Reply reply{.bytes = {}, .has_trailing_bytes = body.remaining() > 0};
  // The answer may view what the request owns (text that was not UTF-8): the handler's frame, and the request in it,
  // stay until the answer is encoded.
  auto handling = handler(context, std::move(request));
  auto answer = co_await std::move(handling);
  if constexpr (requires { answer.error(); }) {
    CO_TRY(auto owed, std::move(answer));
    if (owed) {
      CO_TRY(reply.bytes, protocol::response_frame(*owed, context.api_version, context.correlation_id));
    }
  } else {
    CO_TRY(reply.bytes, protocol::response_frame(answer, context.api_version, context.correlation_id));
  }
  co_return reply;
}

}  // namespace odradek::api::detail
