// Syncs whole log directories for all shards, one sync of each at a time: those who ask while it runs share the next.
#pragma once

#include <memory>
#include <vector>

#include "runtime/shard_set.h"
#include "runtime/wait.h"
#include "storage/log_directory.h"

namespace odradek::app {

// Belongs to the shard of the directories, the first.
class DirectorySyncs {
 public:
  DirectorySyncs(runtime::ShardSet& shards, const std::vector<storage::LogDirectory*>& directories);

  // From any shard. Returns when all that was written before is on disk.
  [[nodiscard]] runtime::Async<> sync(size_t directory);

 private:
  struct Directory {
    storage::LogDirectory* files = nullptr;
    uint64_t asked = 0;  // calls, and how many of them the last sync covered
    uint64_t done = 0;
    Result<> outcome;  // of that sync
    runtime::Turnstile turn;
  };
  [[nodiscard]] static runtime::Async<> sync_here(Directory& directory);

  runtime::ShardSet& shards_;
  std::vector<std::unique_ptr<Directory>> directories_;
};

}  // namespace odradek::app
