// With several log directories the broker chooses one for each new partition, and tells the metadata which.
#pragma once

#include <functional>

#include "api/services.h"
#include "machine/controller_channel.h"
#include "metadata/metadata_image.h"
#include "observe/log.h"
#include "replication/partition_router.h"
#include "runtime/task_group.h"

namespace odradek::app {

// Belongs to the controller's shard. A partition whose directory the metadata does not know is as good as any other
// until then, so that telling can wait for many at once.
class ReplicaDirectories {
 public:
  using ImageNow = std::function<metadata::SharedImage()>;

  // The identity's directories are those that the partition tables count in.
  ReplicaDirectories(const api::BrokerIdentity& identity, BrokerEpoch epoch, replication::PartitionRouter& router,
                     machine::ControllerChannel& controller, ImageNow image);

  // Begins to tell, now and then.
  void start();
  // Tells for the last time; while the logs are open.
  [[nodiscard]] runtime::Task<void> stop();

 private:
  [[nodiscard]] runtime::Task<void> rounds();
  [[nodiscard]] runtime::Task<void> tell();

  const api::BrokerIdentity& identity_;
  BrokerEpoch epoch_;
  replication::PartitionRouter& router_;
  machine::ControllerChannel& controller_;
  ImageNow image_;
  runtime::Waiter stopping_;
  bool is_stopping_ = false;
  runtime::TaskGroup tasks_;
  observe::Logger log_{"app"};
};

}  // namespace odradek::app
