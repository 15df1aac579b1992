// One fetch over partitions of several shards: every shard reads and waits for its own; together they end.
//
// Each shard's part reads its partitions, adds what it found to the common count, and then waits for a change of one
// of them, for the deadline, or for the word that the shards together have enough. So a fetch hops once per
// shard, whatever happens while it waits.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "replication/partition_table.h"
#include "runtime/shard_set.h"

namespace odradek::replication {

struct FetchItem {
  size_t place = 0;  // where the answer belongs in the request
  PartitionId id;
  FetchSpec spec;
};

struct FetchAnswer {
  size_t place = 0;
  Result<FetchedRecords> records;
};

struct FetchLimits {
  uint64_t bytes_min = 1;    // answer as soon as there is so much
  uint64_t bytes_max = 0;    // each shard reads up to this; the caller cuts what is too much in all
  bool at_least_one = true;  // the first batch found comes whole, whatever its size
  runtime::Deadline deadline;
};

// Shared by the parts of one fetch.
class FetchRound {
 public:
  // `shards`: those that take part; each calls run() once.
  FetchRound(runtime::ShardSet& all, const std::vector<runtime::ShardId>& shards, FetchLimits limits);

  // Runs on the shard of `table`: reads, waits, reads again. The answers in the order of the items; NotLeader for a
  // partition that is not here when it begins. An error, a diverging history or end() ends the waiting of all parts.
  [[nodiscard]] static runtime::Task<std::vector<FetchAnswer>> run(std::shared_ptr<FetchRound> round,
                                                                   PartitionTable& table, std::vector<FetchItem> items);

  // Every part answers with what it has. From any shard.
  static void end(const std::shared_ptr<FetchRound>& round) { end(round, std::nullopt); }

 private:
  struct Part {
    runtime::ShardId shard;
    runtime::Waiter waiter;  // touched on `shard` only
  };
  struct Reading {
    std::vector<FetchAnswer> answers;
    int64_t bytes = 0;
    bool is_final = false;  // there is something to say besides records
  };

  using Partitions = std::vector<std::shared_ptr<Partition>>;  // one per item; null: not here

  [[nodiscard]] runtime::Task<Reading> read(const Partitions& partitions, const std::vector<FetchItem>& items) const;
  [[nodiscard]] Part& part_of(runtime::ShardId shard);
  // `caller` does not wait and needs no word.
  static void end(const std::shared_ptr<FetchRound>& round, std::optional<runtime::ShardId> caller);

  runtime::ShardSet& all_;
  FetchLimits limits_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::atomic<int64_t> bytes_{0};
  std::atomic<bool> ended_{false};
};

}  // namespace odradek::replication
