// Groups of consumers, as brokers know them: names, and waiting until a broker coordinates them.
#pragma once

#include <string>
#include <vector>

#include "load/connection.h"

namespace odradek::bench {

inline constexpr int16_t offset_commit_version = 8;

// `prefix`-0, `prefix`-1, ...
[[nodiscard]] std::vector<std::string> group_names(const std::string& prefix, int count);

// Returns when the broker, which is the only one, answers for every group as its coordinator; the first question makes
// the topic of their records.
void wait_until_coordinated(Connection& broker, const std::vector<std::string>& groups);

// The error a coordinator answers while it is not ready: ask again.
[[nodiscard]] bool is_not_ready(int16_t error_code);

// An OffsetCommit by nobody's member, size first: `offset` for each of the partitions from `first` on.
struct Commit {
  std::string group;
  std::string topic;
  int32_t first = 0;
  int32_t partitions = 1;
  int64_t offset = 0;
};
[[nodiscard]] Bytes commit_frame(const Commit& commit);

// The first error in the answer to one; 0 if there is none.
[[nodiscard]] int16_t commit_error(ByteView frame);

// The committed offset; nothing while the coordinator is not ready.
[[nodiscard]] std::optional<int64_t> committed_offset(Connection& broker, const std::string& group,
                                                      const std::string& topic, int32_t partition);

}  // namespace odradek::bench
