#include "controller/producer_id_decisions.h"

#include <limits>

namespace odradek::controller {

machine::Decision<protocol::AllocateProducerIdsResponse> allocate_producer_ids(
    const ClusterState& state, const protocol::AllocateProducerIdsRequest& request) {
  protocol::AllocateProducerIdsResponse response;
  const auto refuse = [&](protocol::ErrorCode code) {
    response.error_code = static_cast<int16_t>(code);
    return machine::Decision<protocol::AllocateProducerIdsResponse>{.records = {}, .reply = std::move(response)};
  };
  const metadata::BrokerImage* broker = state.image().broker(NodeId(request.broker_id));
  if (broker == nullptr) {
    return refuse(protocol::ErrorCode::BrokerIdNotRegistered);
  }
  if (broker->epoch.raw() != request.broker_epoch) {
    return refuse(protocol::ErrorCode::StaleBrokerEpoch);
  }
  const int64_t first = state.image().next_producer_id().raw();
  if (first > std::numeric_limits<int64_t>::max() - producer_id_block_size) {
    return refuse(protocol::ErrorCode::UnknownServerError);
  }
  RecordList records(state);
  protocol::ProducerIdsRecord record;
  record.broker_id = request.broker_id;
  record.broker_epoch = request.broker_epoch;
  record.next_producer_id = first + producer_id_block_size;
  records.add(record);
  response.producer_id_start = first;
  response.producer_id_len = producer_id_block_size;
  return {.records = std::move(records).take(), .reply = std::move(response)};
}

}  // namespace odradek::controller
