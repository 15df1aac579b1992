// Decisions about nodes: registration at start, leaving at a clean stop, and which directory holds which replica.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/bootstrap_records.h"
#include "controller/cluster_state.h"
#include "machine/decision.h"
#include "metadata/broker_image.h"
#include "protocol/messages/assign_replicas_to_dirs.h"

namespace odradek::controller {

// This node, as it registers itself: one process that is broker and controller.
struct NodeRegistration {
  NodeId id;
  Uuid incarnation;                                // fresh at each start
  std::vector<metadata::EndpointImage> endpoints;  // of the broker, as clients and other brokers reach it
  std::vector<metadata::EndpointImage> controller_endpoints;
  std::optional<std::string> rack;
  std::vector<DirectoryId> directories;
};

struct Registered {
  BrokerEpoch epoch;
};

// Registers controller and broker; the broker's epoch is the offset of its record, which `next_offset`, the end of the
// log, tells. It stays fenced until it arrives. A new cluster has its bootstrap records by then.
[[nodiscard]] machine::Decision<Registered> register_node(const ClusterState& state, const NodeRegistration& node,
                                                          Offset next_offset);

// Unfences the broker. Elections follow (leader_decisions.h).
[[nodiscard]] RecordList unfence(const ClusterState& state, NodeId broker);

// The two halves of a clean stop, with the elections between them.
[[nodiscard]] RecordList begin_controlled_shutdown(const ClusterState& state, NodeId broker);
[[nodiscard]] RecordList fence(const ClusterState& state, NodeId broker);

// Fences all other brokers that are not yet: nobody runs beside this one, and registrations outlive their brokers.
[[nodiscard]] RecordList fence_others(const ClusterState& state, NodeId broker);

// The first records of a new cluster, as one transaction: what it was formatted with, and min.insync.replicas of the
// brokers' defaults, which eligible leader replicas ask for.
[[nodiscard]] RecordList bootstrap(const BootstrapRecords& begin, const DecisionContext& context);

// What whoever led before began and did not end, Kafka with its first records say, never happened.
[[nodiscard]] RecordList abort_transaction(const ClusterState& state);

// StaleBrokerEpoch for the whole request; per partition the codes of Kafka.
[[nodiscard]] machine::Decision<protocol::AssignReplicasToDirsResponse> assign_replicas(
    const ClusterState& state, const protocol::AssignReplicasToDirsRequest& request);

}  // namespace odradek::controller
