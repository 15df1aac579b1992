// Decisions about producer ids: blocks that no two brokers ever share.
#pragma once

#include "controller/cluster_state.h"
#include "machine/decision.h"
#include "protocol/messages/allocate_producer_ids.h"

namespace odradek::controller {

inline constexpr int32_t producer_id_block_size = 1000;

[[nodiscard]] machine::Decision<protocol::AllocateProducerIdsResponse> allocate_producer_ids(
    const ClusterState& state, const protocol::AllocateProducerIdsRequest& request);

}  // namespace odradek::controller
