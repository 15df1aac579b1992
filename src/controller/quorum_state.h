// `quorum-state`: which epoch this node has seen, and who leads it. One line of JSON.
//
// data_version 1 belongs to kraft.version 1, where the voters are in the log; data_version 0 lists them itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace odradek::controller {

struct QuorumState {
  int16_t data_version = 1;
  NodeId leader = no_node;
  LeaderEpoch epoch{0};
  NodeId voted = no_node;
  DirectoryId voted_directory;
  std::string cluster_id;      // data_version 0 only, usually empty
  std::vector<NodeId> voters;  // data_version 0 only

  // CorruptMessage; UnsupportedVersion for a data_version beyond ours.
  [[nodiscard]] static Result<QuorumState> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  friend bool operator==(const QuorumState&, const QuorumState&) = default;
};

}  // namespace odradek::controller
