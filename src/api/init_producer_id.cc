#include "api/init_producer_id.h"

#include "api/forward.h"
#include "api/producer_ids.h"
#include "api/services.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;

InitProducerIdResponse refusal(ErrorCode error) {
  InitProducerIdResponse response;
  response.error_code = wire_number(error);
  response.producer_id = no_producer_id.raw();
  response.producer_epoch = no_producer_epoch.raw();
  return response;
}

}  // namespace

runtime::Task<InitProducerIdResponse> init_producer_id(RequestContext& context, InitProducerIdRequest request) {
  const bool has_id = request.producer_id != no_producer_id.raw();
  const bool has_epoch = request.producer_epoch != no_producer_epoch.raw();
  if (has_id != has_epoch) {
    co_return refusal(ErrorCode::InvalidRequest);
  }
  if (request.transactional_id) {
    co_return refusal(request.transactional_id->empty() ? ErrorCode::InvalidRequest
                                                        : ErrorCode::CoordinatorNotAvailable);
  }
  // Who is idempotent and no more gets a new id, also where it tells the one it had.
  const Result<ProducerId> id = co_await context.services->producer_ids.next(context.services->image());
  if (!id) {
    co_return refusal(protocol::wire_code(id.error().code));
  }
  InitProducerIdResponse response;
  response.producer_id = id->raw();
  response.producer_epoch = 0;
  co_return response;
}

}  // namespace odradek::api
