#include "api/update_features.h"

#include "api/forward.h"

namespace odradek::api {

runtime::Task<protocol::UpdateFeaturesResponse> update_features(RequestContext& context,
                                                                protocol::UpdateFeaturesRequest request) {
  auto answer = co_await context.services->controller.call(call_context(context, request.timeout_ms), request);
  if (!answer) {
    protocol::UpdateFeaturesResponse response;
    response.error_code = wire_number(answer.error().code);
    response.error_message = message_of(answer.error());
    co_return response;
  }
  co_return *std::move(answer);
}

}  // namespace odradek::api
