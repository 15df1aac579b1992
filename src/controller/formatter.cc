#include "controller/formatter.h"

#include <fmt/format.h>

#include "controller/bootstrap_records.h"
#include "controller/metadata_snapshot.h"
#include "metadata/metadata_image.h"
#include "runtime/file.h"
#include "runtime/shard.h"
#include "storage/log_files.h"
#include "storage/meta_properties.h"
#include "storage/offset_checkpoint.h"

namespace odradek::controller {

namespace {

runtime::FileSystem& files() { return runtime::Shard::current().files(); }

// A directory that lost its meta.properties is not a new one.
runtime::Async<> check_new(std::string path) {
  const std::string directory = storage::join_path(path, storage::metadata_log_directory);
  CO_TRY(const bool is_there, co_await files().exists(directory));
  if (!is_there) {
    co_return Result<>{};
  }
  CO_TRY(const std::vector<runtime::DirectoryEntry> entries, co_await files().list(directory));
  for (const runtime::DirectoryEntry& entry : entries) {
    const auto snapshot = SnapshotId::parse(entry.name);
    const bool was_started = entry.name == "quorum-state" || storage::offset_of(entry.name, storage::log_suffix);
    if (was_started || (snapshot && snapshot->end > Offset(0))) {
      co_return fail(Errc::InvalidConfig,
                     fmt::format("{} holds the metadata of a cluster, and {}/{} is missing; restore that file from a "
                                 "copy, or start with another data directory",
                                 directory, path, storage::meta_properties_file));
    }
  }
  co_return Result<>{};
}

runtime::Async<> format_metadata(std::string path, DirectoryId id, FormatOptions options) {
  const std::string directory = fmt::format("{}/{}", path, storage::metadata_log_directory);
  CO_TRY(co_await files().create_directories(directory));
  CO_TRY(co_await files().sync_directory(path));
  const int64_t now = runtime::Shard::current().wall_now();
  MetadataSnapshot first;
  first.last_contained_timestamp = now;
  first.quorum = {.kraft_version = 1,
                  .voters = {{.id = options.node, .directory = id, .endpoints = options.controller_endpoints}}};
  const SnapshotId zero{.end = Offset(0), .epoch = LeaderEpoch(0)};
  co_return co_await files().replace_file(fmt::format("{}/{}", directory, zero.file_name()),
                                          first.encode(LeaderEpoch(0), now));
}

// From the beginning, so that after a crash it is known how far everything was on the disk: nowhere, of what the file
// does not name. Only where there is nothing of which it would not be true.
runtime::Async<> begin_checkpoint(std::string path) {
  CO_TRY(const std::vector<runtime::DirectoryEntry> entries, co_await files().list(path));
  for (const runtime::DirectoryEntry& entry : entries) {
    const bool is_partition =
        entry.kind == runtime::EntryKind::Directory && entry.name != storage::metadata_log_directory;
    if (is_partition || entry.name == storage::recovery_points_file) {
      co_return Result<>{};
    }
  }
  const std::string text = storage::offset_checkpoint_text(storage::OffsetCheckpoint{});
  co_return co_await files().replace_file(storage::join_path(path, storage::recovery_points_file),
                                          Bytes(text.begin(), text.end()));
}

}  // namespace

runtime::Async<> format_directory(std::string path, DirectoryId id, bool is_for_metadata, FormatOptions options) {
  if (is_for_metadata) {
    CO_TRY(co_await check_new(path));
  }
  CO_TRY(co_await begin_checkpoint(path));
  const int64_t now = runtime::Shard::current().wall_now();
  MetadataSnapshot begin;
  begin.records = BootstrapRecords::of(options.feature_levels).records;
  CO_TRY(co_await files().replace_file(fmt::format("{}/{}", path, bootstrap_file), begin.encode(LeaderEpoch(0), now)));
  if (is_for_metadata) {
    CO_TRY(co_await format_metadata(path, id, options));
  }
  const storage::MetaProperties properties{
      .version = 1, .cluster_id = options.cluster_id, .node_id = options.node, .directory_id = id};
  const std::string text = properties.text();
  co_return co_await files().replace_file(fmt::format("{}/{}", path, storage::meta_properties_file),
                                          Bytes(text.begin(), text.end()));
}

}  // namespace odradek::controller
