// One fetch of one partition, with everything that must hold of its answer checked and noted.
#pragma once

#include <chrono>
#include <map>
#include <set>

#include "runtime/task.h"
#include "sim/client.h"
#include "sim/stage.h"

namespace odradek::sim {

struct Fetched {
  protocol::ErrorCode error = protocol::ErrorCode::None;
  Offset next;  // after what was read
  Offset high_watermark;
  Offset log_start;
  std::map<int64_t, Offset> last_by_key;
  std::set<Offset> seen;  // of a compacted topic: those that are there
};

// Errors are those of the connection; what is wrong with the records goes to the stage.
[[nodiscard]] runtime::Async<Fetched> fetch_once(Client& client, Stage& stage, TopicPtr topic, int32_t partition,
                                                 Offset from, std::chrono::milliseconds wait);

// Reads a partition from its start to its end and settles with the history what a crash may have taken. Gives up
// without an error when an answer says that the disk has failed.
[[nodiscard]] runtime::Async<> read_through(Client& client, Stage& stage, TopicPtr topic, int32_t partition);

// Asks for the first offset at some timestamps.
[[nodiscard]] runtime::Async<> look_up_timestamps(Client& client, Stage& stage, TopicPtr topic, int32_t partition);

}  // namespace odradek::sim
