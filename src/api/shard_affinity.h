// Finds the shard on which the requests of a connection have their work.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/shard.h"

namespace odradek::api {

// A hop to another shard costs about as much as the rest of a small request. A connection whose requests all work on
// one other shard does better there; handlers of requests for which that is so say where they work.
class ShardAffinity {
 public:
  static constexpr uint32_t enough = 128;  // requests in a row: a producer that merely visits a partition stays
  // A request of a group counts for so many: over the connection to its coordinator a client speaks of its group alone,
  // and most of what it ever says are heartbeats seconds apart.
  static constexpr uint32_t group_request = 32;

  void worked_on(runtime::ShardId shard, uint32_t weight = 1) {
    in_a_row_ = shard == shard_ ? in_a_row_ + weight : weight;
    shard_ = shard;
  }
  void worked_on_several() { in_a_row_ = 0; }

  // The shard keeps something for the connection that does not move with it.
  void stay() { stays_ = true; }

  // Where to move, for a connection that is here.
  [[nodiscard]] std::optional<runtime::ShardId> elsewhere(runtime::ShardId here) const {
    return in_a_row_ >= enough && shard_ != here && !stays_ ? std::optional(shard_) : std::nullopt;
  }
  // Not now: count again.
  void put_off() { in_a_row_ = 0; }

 private:
  runtime::ShardId shard_{0};
  uint32_t in_a_row_ = 0;  // their weights
  bool stays_ = false;
};

}  // namespace odradek::api
