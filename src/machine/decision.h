// What a state class answers: records to log, and the reply to release once they are committed.
#pragma once

#include <utility>
#include <vector>

#include "machine/commit_log.h"

namespace odradek::machine {

template <typename Reply>
struct Decision {
  std::vector<LogRecord> records;  // none: nothing changes, the reply waits only for what it has read
  Reply reply;
};

}  // namespace odradek::machine
