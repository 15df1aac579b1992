#include "app/directory_syncs.h"

namespace odradek::app {

DirectorySyncs::DirectorySyncs(runtime::ShardSet& shards, const std::vector<storage::LogDirectory*>& directories)
    : shards_(shards) {
  for (storage::LogDirectory* files : directories) {
    directories_.push_back(std::make_unique<Directory>());
    directories_.back()->files = files;
  }
}

runtime::Async<> DirectorySyncs::sync(size_t directory) {
  co_return co_await shards_.on(runtime::ShardId{0}, [this, directory] { return sync_here(*directories_[directory]); });
}

runtime::Async<> DirectorySyncs::sync_here(Directory& directory) {
  const uint64_t asked = ++directory.asked;
  const auto turn = co_await directory.turn.acquire();
  if (directory.done < asked) {
    const uint64_t covered = directory.asked;
    directory.outcome = co_await directory.files->sync();
    directory.done = covered;
  }
  co_return directory.outcome;
}

}  // namespace odradek::app
