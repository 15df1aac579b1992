// The broker as a process of the simulated machine: it starts, stops, is killed at any step, and starts again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "app/broker.h"
#include "runtime/sim/sim_runtime.h"
#include "runtime/wait.h"

namespace odradek::sim {

class BrokerProcess {
 public:
  BrokerProcess(runtime::SimRuntime& world, uint32_t shards, std::vector<config::Property> properties);
  BrokerProcess(const BrokerProcess&) = delete;
  BrokerProcess& operator=(const BrokerProcess&) = delete;
  ~BrokerProcess() { kill(); }

  // Cancelled if it is killed meanwhile; else what the broker says.
  [[nodiscard]] runtime::Async<> start();
  // Whether the stop was clean; false as well if it is killed meanwhile.
  [[nodiscard]] runtime::Task<bool> stop();
  // Between two steps of the world.
  void kill();

  [[nodiscard]] bool is_running() const { return process_ != nullptr; }
  // Returns when it has been killed, or at the deadline.
  [[nodiscard]] runtime::Task<void> killed(runtime::Deadline deadline);

 private:
  // Shared with the coroutines of the process, which know nothing of when they die.
  struct Run {
    std::unique_ptr<app::Broker> broker;
    std::optional<Result<>> started;
    std::optional<bool> stopped;
  };
  [[nodiscard]] static runtime::Task<void> boot(BrokerProcess& self, std::shared_ptr<Run> run);
  [[nodiscard]] static runtime::Task<void> shut_down(BrokerProcess& self, std::shared_ptr<Run> run);
  void tell();

  runtime::SimRuntime& world_;
  uint32_t shards_;
  std::vector<config::Property> properties_;
  runtime::SimProcess* process_ = nullptr;
  std::shared_ptr<Run> run_;
  runtime::Signal changed_;
};

}  // namespace odradek::sim
