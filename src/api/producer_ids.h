// This shard's block of producer ids.
#pragma once

#include "machine/controller_channel.h"
#include "metadata/image_feed.h"
#include "model/ids.h"
#include "runtime/task.h"
#include "runtime/wait.h"

namespace odradek::api {

// The controller gives blocks of ids that nobody else ever gets; what is left of a block when the process ends is
// lost. Belongs to one shard.
class ProducerIds {
 public:
  // `images` is this shard's: the image says in which registration this broker asks.
  ProducerIds(NodeId self, metadata::ImageFeed& images, machine::ControllerChannel& controller)
      : self_(self), images_(images), controller_(controller) {}

  // An id that nobody had before. Asks for a new block when the last is used up, one call at a time whoever waits.
  // CoordinatorLoadInProgress when no block could be had: the producer tries again.
  [[nodiscard]] runtime::Async<ProducerId> next();

 private:
  [[nodiscard]] runtime::Async<> refill();

  NodeId self_;
  metadata::ImageFeed& images_;
  machine::ControllerChannel& controller_;
  ProducerId next_{0};
  ProducerId end_{0};  // next_ == end_: the block is used up
  runtime::Turnstile refill_turn_;
};

}  // namespace odradek::api
