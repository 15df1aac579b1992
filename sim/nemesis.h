// What goes wrong in a life, and when: the end of each reign of the broker, and faults of disk and network before it.
#pragma once

#include <chrono>
#include <cstdint>

#include "observe/log.h"
#include "runtime/task.h"
#include "runtime/wait.h"
#include "sim/broker_process.h"
#include "sim/stage.h"

namespace odradek::sim {

class Nemesis {
 public:
  Nemesis(Stage& stage, BrokerProcess& broker) : stage_(stage), broker_(broker) {}

  // Before the broker starts: chooses how this reign ends. A kill or power cut may come at any step from now on.
  void begin_reign();
  // Once the broker has started, if it has: faults that were to hit the start are over.
  void end_of_start();
  // Faults, while the stage is open, until calm().
  [[nodiscard]] runtime::Task<void> rage();
  // Sets the broker's wall clock, and sets it right again, likewise.
  [[nodiscard]] runtime::Task<void> turn_clock();
  // Whether it sets a fast clock right only when the broker may take it for true. False, unless a bug is planted.
  [[nodiscard]] bool& clock_stays_fast() { return clock_stays_fast_; }
  // Faults end, nothing more is going to happen.
  void calm();

  [[nodiscard]] runtime::Deadline reign_ends() const { return reign_ends_; }
  // At its end, if it has not come before: true if the broker was killed, false if it is to be stopped.
  [[nodiscard]] bool strike();
  // Once the broker is gone: the power may go after a stop, too, and must go where syncs have failed.
  void aftermath(bool was_clean_stop);

 private:
  enum class Ending : uint8_t { Stop, Kill, PowerCut };

  void hit_disk();
  void hit_network();
  void shift_clock(std::chrono::milliseconds by);
  void arm();
  void cut_power(runtime::MonotonicTime flushed_before);
  [[nodiscard]] runtime::MonotonicTime flushed_before() const;

  Stage& stage_;
  BrokerProcess& broker_;
  Ending ending_ = Ending::Stop;
  runtime::Deadline reign_ends_{};
  runtime::MonotonicTime started_ = runtime::never;  // when the broker of this reign was up
  bool syncs_failed_ = false;
  bool was_cut_ = false;
  bool is_calm_ = true;
  bool clock_stays_fast_ = false;
  runtime::Waiter calmed_;
  runtime::Waiter clock_calmed_;
  observe::Logger log_{"sim"};
};

}  // namespace odradek::sim
