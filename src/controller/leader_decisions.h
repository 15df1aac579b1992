// Decisions about who leads: ElectLeaders, and the elections that follow when a broker comes and goes.
#pragma once

#include "controller/cluster_state.h"
#include "machine/decision.h"
#include "protocol/messages/elect_leaders.h"

namespace odradek::controller {

[[nodiscard]] machine::Decision<protocol::ElectLeadersResponse> elect_leaders(
    const ClusterState& state, const protocol::ElectLeadersRequest& request);

// The broker came back: it leads, in a new epoch, every partition whose only replica it is or that it may lead and
// nobody leads. What its registration says about directories is put in order on the way.
[[nodiscard]] RecordList elections_for_arrival(const ClusterState& state, NodeId broker);

// The broker is leaving: it leads nothing, and stays eligible for what it alone holds.
[[nodiscard]] RecordList elections_for_departure(const ClusterState& state, NodeId broker);

}  // namespace odradek::controller
