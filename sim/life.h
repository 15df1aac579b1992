// One seed: a broker on a simulated machine, from its first start to the last look at its records.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/broker.h"
#include "runtime/sim/sim_runtime.h"
#include "runtime/task_group.h"
#include "sim/client.h"
#include "sim/history.h"

namespace odradek::sim {

class Life {
 public:
  explicit Life(runtime::SimRuntime& world) : world_(world) {}

  // Lives it; nothing if all was well, else what was not.
  [[nodiscard]] std::optional<std::string> live();

  [[nodiscard]] const History& history() const { return history_; }

 private:
  struct Topic {
    std::string name;
    int32_t partitions;
  };

  [[nodiscard]] runtime::Task<void> run();
  [[nodiscard]] runtime::Async<> start_broker();
  [[nodiscard]] runtime::Async<> create_topics();
  [[nodiscard]] runtime::Task<void> produce(int32_t producer, int64_t batches);
  [[nodiscard]] runtime::Async<> produce_to(Client& client, int32_t producer, int64_t batches);
  [[nodiscard]] runtime::Task<void> consume(Topic topic, int32_t partition);
  [[nodiscard]] runtime::Async<> read_all(Client& client, Topic topic, int32_t partition, bool follow);
  [[nodiscard]] runtime::Async<> check_all();
  void wrong(std::string what);

  runtime::SimRuntime& world_;
  std::unique_ptr<app::Broker> broker_;
  History history_;
  std::vector<Topic> topics_;
  std::vector<int64_t> written_;  // per producer: how many records so far
  std::optional<std::string> wrong_;
  bool producing_ = false;
};

}  // namespace odradek::sim
