// When which group wants to be looked at next: one queue for all groups of a partition, not a timer for each member.
//
// Pure. A deadline that has moved later is not touched here: the group is asked when the old one passes, and armed
// again. So a heartbeat costs nothing.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/group/text_map.h"
#include "runtime/time.h"

namespace odradek::coordinator {

class DeadlineQueue {
 public:
  // The group is due at `due`, or before if it was armed so. True if the queue's next deadline came nearer.
  bool arm(std::string_view group, runtime::MonotonicTime due);
  void forget(std::string_view group);

  [[nodiscard]] std::optional<runtime::MonotonicTime> next() const;

  // The groups that are due, in the order of their deadlines; they are no longer armed.
  [[nodiscard]] std::vector<std::string> take_due(runtime::MonotonicTime now);

 private:
  TextMap<runtime::MonotonicTime> armed_;
  std::set<std::pair<runtime::MonotonicTime, std::string_view>> order_;  // views of the keys of armed_
};

}  // namespace odradek::coordinator
