// The controller of a cluster of one node, in this process: ControllerChannel over a Machine over EmbeddedVoterLog.
//
// Lives on one shard, its home; call() comes from any and hops there. Replies are released when their records are
// committed and the image with them has been published.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "controller/broker_decisions.h"
#include "controller/cluster_state.h"
#include "controller/embedded_voter_log.h"
#include "controller/image_follower.h"
#include "machine/controller_channel.h"
#include "machine/machine.h"
#include "runtime/shard_set.h"

namespace odradek::controller {

struct LocalControllerOptions {
  NodeRegistration node;
  BootstrapRecords bootstrap;                                       // of a new cluster
  uint64_t snapshot_after_bytes = 20 << 20;                         // metadata.log.max.record.bytes.between.snapshots
  std::chrono::milliseconds snapshot_after{std::chrono::hours(1)};  // metadata.log.max.snapshot.interval.ms
};

class LocalController final : public machine::ControllerChannel {
 public:
  // `publish` hears of each committed image on the home shard, in order; it hands it to every shard's ImageFeed.
  // `config` is this broker's, with its static values; dynamic ones are taken from the image. All outlive us.
  LocalController(runtime::ShardSet& shards, runtime::ShardId home, EmbeddedVoterLog& log, config::BrokerConfig config,
                  LocalControllerOptions options, ImageFollower::Callback publish);

  // On the home shard: claims the log, writes the first records of a new cluster, registers this node, and makes it
  // lead its partitions in a new epoch. The image of all that is published before it returns.
  [[nodiscard]] runtime::Async<> start();

  // Of the registration made by start().
  [[nodiscard]] BrokerEpoch broker_epoch() const { return broker_epoch_; }

  // On the home shard, at a clean stop, when no partition takes records any more: leads nothing, and is fenced. The
  // directory is then what a stopped Kafka leaves. Closing the log is the owner's.
  [[nodiscard]] runtime::Async<> depart();

  // Waits for what runs in the background; depart() does it too. Before destroying it, with no call running.
  [[nodiscard]] runtime::Task<void> drain();

  runtime::Async<protocol::CreateTopicsResponse> call(machine::CallContext context,
                                                      const protocol::CreateTopicsRequest& request) override;
  runtime::Async<protocol::DeleteTopicsResponse> call(machine::CallContext context,
                                                      const protocol::DeleteTopicsRequest& request) override;
  runtime::Async<protocol::CreatePartitionsResponse> call(machine::CallContext context,
                                                          const protocol::CreatePartitionsRequest& request) override;
  runtime::Async<protocol::AlterConfigsResponse> call(machine::CallContext context,
                                                      const protocol::AlterConfigsRequest& request) override;
  runtime::Async<protocol::IncrementalAlterConfigsResponse> call(
      machine::CallContext context, const protocol::IncrementalAlterConfigsRequest& request) override;
  runtime::Async<protocol::UpdateFeaturesResponse> call(machine::CallContext context,
                                                        const protocol::UpdateFeaturesRequest& request) override;
  runtime::Async<protocol::ElectLeadersResponse> call(machine::CallContext context,
                                                      const protocol::ElectLeadersRequest& request) override;
  runtime::Async<protocol::AlterPartitionReassignmentsResponse> call(
      machine::CallContext context, const protocol::AlterPartitionReassignmentsRequest& request) override;
  runtime::Async<protocol::ListPartitionReassignmentsResponse> call(
      machine::CallContext context, const protocol::ListPartitionReassignmentsRequest& request) override;
  runtime::Async<protocol::DescribeQuorumResponse> call(machine::CallContext context,
                                                        const protocol::DescribeQuorumRequest& request) override;
  runtime::Async<protocol::AllocateProducerIdsResponse> call(
      machine::CallContext context, const protocol::AllocateProducerIdsRequest& request) override;
  runtime::Async<protocol::AssignReplicasToDirsResponse> call(
      machine::CallContext context, const protocol::AssignReplicasToDirsRequest& request) override;

 private:
  // Runs `decide` on the home shard: a function of const ClusterState& and const DecisionContext&.
  template <typename Response, typename Decide>
  [[nodiscard]] runtime::Async<Response> decide(machine::CallContext context, Decide decide);
  template <typename Response, typename Decide>
  [[nodiscard]] runtime::Async<Response> run(runtime::Deadline deadline, Decide decide);

  [[nodiscard]] DecisionContext decision_context() const;
  [[nodiscard]] runtime::Async<> write(RecordList (*make)(const ClusterState&, NodeId));
  [[nodiscard]] runtime::Async<> append_all(RecordList records);
  void on_update(const metadata::ImageUpdate& update);
  void take_dynamic_config(const metadata::MetadataImage& image);
  [[nodiscard]] runtime::Task<void> write_snapshot(metadata::SharedImage image);
  [[nodiscard]] protocol::DescribeQuorumResponse describe_quorum(const protocol::DescribeQuorumRequest& request,
                                                                 int16_t version) const;

  runtime::ShardSet& shards_;
  runtime::ShardId home_;
  EmbeddedVoterLog& log_;
  config::BrokerConfig config_;
  LocalControllerOptions options_;
  ImageFollower::Callback publish_;
  ImageFollower follower_;
  machine::Machine<ClusterState> machine_;
  BrokerEpoch broker_epoch_{-1};
  bool is_writing_snapshot_ = false;
  runtime::MonotonicTime last_snapshot_;
  runtime::TaskGroup tasks_;
  observe::Logger logger_{"controller"};
};

}  // namespace odradek::controller
