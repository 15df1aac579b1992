// Watches how full the disks are.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "observe/log.h"
#include "runtime/task_group.h"
#include "storage/disk_reserve.h"

namespace odradek::app {

// The reserves of all log directories, looked at every second. While one is given up, records for its directory wait:
// `tell` hears so, and when there is room again.
class DiskReserves {
 public:
  using Tell = std::function<runtime::Task<void>(size_t directory, bool is_full)>;

  // Makes, or gives up, the reserve of one more directory: before anything else is written there. They are numbered in
  // the order of the calls.
  [[nodiscard]] runtime::Task<void> add(std::string directory, uint64_t bytes);

  // From now on; `tell` hears at once of those that are full already.
  void start(Tell tell);
  [[nodiscard]] runtime::Task<void> stop();

 private:
  [[nodiscard]] runtime::Task<void> rounds();
  [[nodiscard]] runtime::Task<void> look(size_t index);

  std::vector<storage::DiskReserve> reserves_;
  std::vector<bool> told_full_;
  Tell tell_;
  runtime::Waiter stopping_;
  bool is_stopping_ = false;
  runtime::TaskGroup tasks_;
  observe::Logger log_{"app"};
};

}  // namespace odradek::app
