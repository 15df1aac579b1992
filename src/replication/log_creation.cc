#include "replication/log_creation.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "runtime/file.h"
#include "runtime/shard.h"
#include "runtime/wait.h"
#include "storage/log_files.h"

namespace odradek::replication {
namespace {

// How long a new directory waits for its name: another shard may still be retiring the topic that bore it before.
constexpr runtime::Duration name_patience = std::chrono::seconds(10);
constexpr runtime::Duration name_pause_first = std::chrono::milliseconds(1);
constexpr runtime::Duration name_pause_max = std::chrono::milliseconds(100);

}  // namespace

runtime::Async<std::unique_ptr<storage::PartitionLog>> create_log(storage::LogPlace place, TopicId topic,
                                                                  storage::LogOptions options,
                                                                  std::function<bool()> is_wanted) {
  const runtime::Deadline patience = runtime::Shard::current().in(name_patience);
  for (runtime::Duration pause = name_pause_first;; pause = std::min(pause * 2, name_pause_max)) {
    CO_TRY(const bool is_there, co_await runtime::Shard::current().files().exists(place.directory));
    Result<std::unique_ptr<storage::PartitionLog>> log = fail(Errc::AlreadyExists, place.directory + " is in the way");
    if (!is_there) {
      log = co_await storage::PartitionLog::create(place, topic, options);
    }
    // NotFound: the old directory was renamed between two steps of the creation.
    const bool is_taken = !log && (log.error().code == Errc::AlreadyExists || log.error().code == Errc::NotFound);
    if (!is_taken || runtime::Shard::current().now() >= patience) {
      co_return log;
    }
    co_await runtime::sleep_for(pause);
    if (!is_wanted()) {
      co_return fail(Errc::UnknownTopicOrPartition, place.directory + " was deleted before it could be made");
    }
  }
}

runtime::Async<> remove_half_made(std::string path, TopicId topic) {
  runtime::FileSystem& files = runtime::Shard::current().files();
  const std::string metadata = storage::join_path(path, storage::partition_metadata_file);
  CO_TRY(const bool has_name, co_await files.exists(metadata));
  if (has_name) {
    CO_TRY(const Bytes bytes, co_await files.read_file(metadata));
    const Result<TopicId> named = storage::parse_partition_metadata(as_text(bytes));
    if (named && *named != topic) {
      co_return Result<>{};
    }
  }
  co_return co_await files.remove_all(path);
}

runtime::Async<std::string> rename_away(storage::LogPlace place, std::string suffix) {
  runtime::Shard& shard = runtime::Shard::current();
  const std::string name = storage::retired_name(place.partition, shard.random().uuid(), suffix);
  std::string to = fmt::format("{}/{}", place.directory.substr(0, place.directory.rfind('/')), name);
  CO_TRY(co_await shard.files().rename(place.directory, to));
  co_return to;
}

}  // namespace odradek::replication
