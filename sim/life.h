// One seed: a broker on a simulated machine, from its first start to the last look at its records.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "observe/log.h"
#include "runtime/sim/sim_runtime.h"
#include "runtime/task_group.h"
#include "sim/admin.h"
#include "sim/broker_process.h"
#include "sim/group_watch.h"
#include "sim/nemesis.h"
#include "sim/producer.h"
#include "sim/stage.h"

namespace odradek::sim {

class Life {
 public:
  // The broker has as many shards as that; the world itself, where the clients are, has one.
  Life(runtime::SimRuntime& world, uint32_t shards);

  // Lives it; nothing if all was well, else what was not. A life that hangs must not be destroyed afterwards.
  [[nodiscard]] std::optional<std::string> live();
  [[nodiscard]] bool has_ended() const { return has_ended_; }

  [[nodiscard]] const History& history() const { return stage_.history; }
  [[nodiscard]] GroupLies& group_lies() { return group_.lies(); }
  [[nodiscard]] bool& clock_stays_fast() { return nemesis_.clock_stays_fast(); }

 private:
  [[nodiscard]] runtime::Task<void> run();
  [[nodiscard]] runtime::Task<void> reign();
  [[nodiscard]] runtime::Task<void> last_reign();
  // What must hold after each start, before clients go on; once more if the network was in the way.
  [[nodiscard]] runtime::Task<void> look_around();
  [[nodiscard]] runtime::Async<> look_at_all();
  [[nodiscard]] runtime::Async<> create_first_topics();
  [[nodiscard]] runtime::Async<> write_everywhere();
  // The group shares everything, once its members no longer come and go.
  [[nodiscard]] runtime::Task<void> settle_group();
  void cast();
  // For whoever reads the log, and for a life that does not end.
  void now_doing(std::string_view what);

  Stage stage_;
  BrokerProcess broker_;
  Nemesis nemesis_;
  Admin admin_;
  GroupWatch group_;
  Producer last_producer_;
  std::vector<std::unique_ptr<Workload>> workloads_;
  runtime::TaskGroup whole_;
  bool has_ended_ = false;
  std::string_view doing_;
  observe::Logger log_{"sim"};
};

}  // namespace odradek::sim
