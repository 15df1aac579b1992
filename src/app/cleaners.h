// Compacts logs: always the one of all shards that needs it most, with as many at a time as log.cleaner.threads says.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "config/broker_config.h"
#include "replication/partition_router.h"
#include "runtime/task_group.h"
#include "storage/log_cleaner.h"

namespace odradek::app {

struct CleanersOptions {
  size_t threads = 1;
  runtime::Duration backoff = std::chrono::seconds(15);  // where nothing is to be done
  storage::CleanerOptions each;
};

// The log.cleaner options: memory and bytes per second are those of all together.
[[nodiscard]] CleanersOptions cleaners_options(const config::BrokerConfig& config);

// Belongs to one shard; the work is done where the logs are. Options may change at any time.
class Cleaners {
 public:
  using OptionsNow = std::function<CleanersOptions()>;
  Cleaners(replication::PartitionRouter& router, OptionsNow options);

  void start();
  // Ends what is under way.
  [[nodiscard]] runtime::Task<void> stop();

 private:
  [[nodiscard]] runtime::Task<void> supervise();
  [[nodiscard]] runtime::Task<void> work(size_t number);
  // False: nothing was to be done.
  [[nodiscard]] runtime::Task<bool> clean_one();
  [[nodiscard]] runtime::Task<std::optional<PartitionId>> pick();

  replication::PartitionRouter& router_;
  OptionsNow options_;
  std::vector<PartitionId> under_way_;
  size_t workers_ = 0;
  runtime::Turnstile pick_turn_;  // two must not pick the same
  runtime::Signal stopping_;
  bool is_stopping_ = false;
  runtime::TaskGroup tasks_;
};

}  // namespace odradek::app
