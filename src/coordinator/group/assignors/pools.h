// A group's partitions by who may have them, and how many of each kind every member has: all that balance is about.
#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/group/assignors/assignor.h"

namespace odradek::coordinator {

// Topics with the same subscribers. Any of their partitions may go to any of those, so counts alone decide.
struct Pool {
  struct Share {
    uint32_t member;   // its place in AssignorInput::members
    int64_t held = 0;  // partitions it had before
    int64_t have = 0;  // partitions it shall have
  };
  std::vector<Share> shares;   // one for each subscriber, ascending
  std::vector<size_t> topics;  // places in AssignorInput::topics, ascending
  int64_t partition_count = 0;
};

struct Pools {
  std::vector<Pool> pools;    // the fullest first, then those with the fewest subscribers
  std::vector<int64_t> load;  // what the members have in all pools
  // The previous owners of all partitions, topic after topic, as places in AssignorInput::members; `nobody` where
  // there was none or it has lost its subscription.
  std::vector<uint32_t> held_by;
};

inline constexpr uint32_t nobody = ~uint32_t{0};

// With every share as it was: have = held. What nobody held is in no share.
[[nodiscard]] Pools divide_into_pools(const AssignorInput& input);

// Evens out what moving partitions one by one between two members cannot, then undoes moves that serve nothing: the
// result is the most even there is, with the fewest moves (a cheapest flow from pools to members). Every partition
// must be in a share. Does what it can within a bounded amount of work.
void refine(Pools& pools);

}  // namespace odradek::coordinator
