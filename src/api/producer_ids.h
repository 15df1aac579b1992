// This shard's block of producer ids.
#pragma once

#include "machine/controller_channel.h"
#include "metadata/metadata_image.h"
#include "model/ids.h"
#include "runtime/task.h"
#include "runtime/wait.h"

namespace odradek::api {

// The controller gives blocks of ids that nobody else ever gets; what is left of a block when the process ends is
// lost. Belongs to one shard.
class ProducerIds {
 public:
  ProducerIds(machine::ControllerChannel& controller, NodeId self) : controller_(controller), self_(self) {}

  // An id that nobody had before. Asks for a new block when the last is used up, one call at a time whoever waits.
  // CoordinatorLoadInProgress when no block could be had: the producer tries again.
  // `image` says in which registration this broker asks.
  [[nodiscard]] runtime::Async<ProducerId> next(metadata::SharedImage image);

 private:
  [[nodiscard]] runtime::Async<> refill(BrokerEpoch epoch);

  machine::ControllerChannel& controller_;
  NodeId self_;
  ProducerId next_{0};
  ProducerId end_{0};  // next_ == end_: the block is used up
  runtime::Turnstile refill_turn_;
};

}  // namespace odradek::api
