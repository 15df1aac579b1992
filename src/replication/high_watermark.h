// A rising offset that can be awaited: below it, records are committed.
#pragma once

#include <optional>

#include "model/ids.h"
#include "runtime/task.h"
#include "runtime/task_group.h"
#include "runtime/wait.h"

namespace odradek::replication {

// Belongs to one partition. Never falls while the partition leads in one epoch.
class HighWatermark {
 public:
  [[nodiscard]] Offset value() const { return value_; }

  // True if it rose; then everybody who waits looks again.
  bool raise(Offset to);

  // A log that was cut takes it down with it.
  void fall_to(Offset to);

  // It rises no more: whoever waits for what lies above is told why, now and later.
  void break_off(Error why);

  // Waits until everything below `offset` is committed. RequestTimedOut at the deadline; Cancelled when `partition`
  // closes first, or did so before; the reason when it was broken off.
  [[nodiscard]] runtime::Async<> reached(Offset offset, runtime::Deadline deadline, runtime::Gate& partition);

  // Notified whenever it moves.
  [[nodiscard]] runtime::Signal& moved() { return moved_; }

 private:
  Offset value_{0};
  std::optional<Error> broken_;
  runtime::Signal moved_;
};

}  // namespace odradek::replication
