// The one way to the controller: every API that Kafka forwards to it goes through here.
//
// Handlers name no type of controller/. An implementation may answer from this process (LocalController) or cross
// the network. It may be called on any shard; the request and what it views must stay until the answer came.
#pragma once

#include <string>

#include "model/ids.h"
#include "protocol/messages/allocate_producer_ids.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/assign_replicas_to_dirs.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_quorum.h"
#include "protocol/messages/elect_leaders.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/list_partition_reassignments.h"
#include "protocol/messages/update_features.h"
#include "runtime/task.h"
#include "runtime/time.h"

namespace odradek::machine {

// Who asks, from where, until when, in which version of the API.
struct CallContext {
  std::string principal = "User:ANONYMOUS";  // type:name
  std::string client_address = {};           // numeric, without port
  runtime::Deadline deadline = runtime::never;
  int16_t api_version = 0;  // of the request, for answers that depend on it
};

// Answers are complete responses: an error of one topic or resource, and a top-level error code where the response
// has one, stand in them. Called when the changes they speak of are committed and, on the node that decides, when
// its own image has them.
//
// Errors: NotController (ask again; somebody else decides), RequestTimedOut, Unknown (the change may or may not have
// happened), Cancelled, Io; an error that concerns the whole request where its response has no place for one
// (PolicyViolation, InvalidRequest): the caller answers it for each topic.
class ControllerChannel {
 public:
  virtual ~ControllerChannel() = default;

  // Authorisation is the caller's: topics it may not touch are not in the request.
  virtual runtime::Async<protocol::CreateTopicsResponse> call(CallContext context,
                                                              const protocol::CreateTopicsRequest& request) = 0;
  virtual runtime::Async<protocol::DeleteTopicsResponse> call(CallContext context,
                                                              const protocol::DeleteTopicsRequest& request) = 0;
  virtual runtime::Async<protocol::CreatePartitionsResponse> call(CallContext context,
                                                                  const protocol::CreatePartitionsRequest& request) = 0;
  virtual runtime::Async<protocol::AlterConfigsResponse> call(CallContext context,
                                                              const protocol::AlterConfigsRequest& request) = 0;
  virtual runtime::Async<protocol::IncrementalAlterConfigsResponse> call(
      CallContext context, const protocol::IncrementalAlterConfigsRequest& request) = 0;
  virtual runtime::Async<protocol::UpdateFeaturesResponse> call(CallContext context,
                                                                const protocol::UpdateFeaturesRequest& request) = 0;
  virtual runtime::Async<protocol::ElectLeadersResponse> call(CallContext context,
                                                              const protocol::ElectLeadersRequest& request) = 0;
  virtual runtime::Async<protocol::AlterPartitionReassignmentsResponse> call(
      CallContext context, const protocol::AlterPartitionReassignmentsRequest& request) = 0;
  virtual runtime::Async<protocol::ListPartitionReassignmentsResponse> call(
      CallContext context, const protocol::ListPartitionReassignmentsRequest& request) = 0;
  virtual runtime::Async<protocol::DescribeQuorumResponse> call(CallContext context,
                                                                const protocol::DescribeQuorumRequest& request) = 0;
  // A block of 1000 producer ids that nobody else ever gets.
  virtual runtime::Async<protocol::AllocateProducerIdsResponse> call(
      CallContext context, const protocol::AllocateProducerIdsRequest& request) = 0;
  // A broker with several log directories says which of them holds which replica.
  virtual runtime::Async<protocol::AssignReplicasToDirsResponse> call(
      CallContext context, const protocol::AssignReplicasToDirsRequest& request) = 0;
};

}  // namespace odradek::machine
