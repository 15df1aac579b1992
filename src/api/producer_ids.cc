#include "api/producer_ids.h"

#include <chrono>
#include <utility>

#include "protocol/error_code.h"
#include "runtime/shard.h"

namespace odradek::api {

namespace {
constexpr auto allocation_timeout = std::chrono::seconds(5);
}  // namespace

runtime::Async<ProducerId> ProducerIds::next(metadata::SharedImage image) {
  if (next_ == end_) {
    const auto turn = co_await refill_turn_.acquire();
    if (next_ == end_) {  // nobody before us in the queue has brought a block
      const metadata::BrokerImage* self = image->broker(self_);
      CO_TRY(co_await refill(self == nullptr ? BrokerEpoch{-1} : self->epoch));
    }
  }
  const ProducerId id = next_;
  next_ = ProducerId{next_.raw() + 1};
  co_return id;
}

runtime::Async<> ProducerIds::refill(BrokerEpoch epoch) {
  protocol::AllocateProducerIdsRequest request;
  request.broker_id = self_.raw();
  request.broker_epoch = epoch.raw();
  machine::CallContext call;
  call.deadline = runtime::Shard::current().in(allocation_timeout);
  const Result<protocol::AllocateProducerIdsResponse> block = co_await controller_.call(std::move(call), request);
  if (!block || block->error_code != static_cast<int16_t>(protocol::ErrorCode::None) || block->producer_id_len <= 0) {
    co_return fail(Errc::CoordinatorLoadInProgress, "the controller gave no block of producer ids");
  }
  next_ = ProducerId{block->producer_id_start};
  end_ = ProducerId{block->producer_id_start + block->producer_id_len};
  co_return Result<>{};
}

}  // namespace odradek::api
