#include "storage/log_directory.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "observe/log.h"
#include "runtime/shard.h"
#include "storage/log_files.h"

namespace odradek::storage {

namespace {

runtime::FileSystem& files() { return runtime::Shard::current().files(); }

runtime::Async<std::optional<std::string>> read_text(std::string path) {
  const Result<Bytes> bytes = co_await files().read_file(path);
  if (!bytes && bytes.error().code == Errc::NotFound) {
    co_return std::nullopt;
  }
  CO_TRY(bytes);
  co_return std::string(as_text(*bytes));
}

Bytes to_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return Bytes(view.begin(), view.end());
}

// Nothing where there is none, or one that cannot be read: what it said is found out the long way.
runtime::Async<std::optional<OffsetCheckpoint>> read_checkpoint(std::string path) {
  CO_TRY(const auto text, co_await read_text(path));
  if (!text) {
    co_return std::nullopt;
  }
  auto offsets = parse_offset_checkpoint(*text);
  if (!offsets) {
    observe::Logger("storage").warn("checkpoint_unreadable").with("file", path).with("reason", offsets.error().message);
    co_return std::nullopt;
  }
  co_return *std::move(offsets);
}

runtime::Async<OffsetCheckpoint> read_offsets(std::string path) {
  CO_TRY(auto offsets, co_await read_checkpoint(std::move(path)));
  co_return std::move(offsets).value_or(OffsetCheckpoint{});
}

// So that the directory is still there after a power cut: what is synced in it alone would be lost with its name. That
// it exists does not say so, for whoever made it may have been killed before the names were on the disk. That it is
// formatted does.
runtime::Async<> create_durably(std::string path) {
  CO_TRY(const bool is_formatted, co_await files().exists(join_path(path, meta_properties_file)));
  if (is_formatted) {
    co_return {};
  }
  struct Parent {
    std::string path;
    bool gets_name;  // from us
  };
  std::vector<Parent> parents;
  for (std::string named = path; named.size() > 1;) {
    CO_TRY(const bool exists, co_await files().exists(named));
    const size_t slash = named.rfind('/');
    if (slash == std::string::npos) {
      break;
    }
    named.resize(std::max<size_t>(slash, 1));
    parents.push_back({.path = named, .gets_name = !exists});
  }
  CO_TRY(co_await files().create_directories(path));
  for (const Parent& parent : parents) {
    const Result<> synced = co_await files().sync_directory(parent.path);
    // One that had the name before may be somebody else's, and not ours to open.
    if (!synced && parent.gets_name) {
      co_return synced;
    }
  }
  co_return {};
}

Error unusable(Error why) {
  why.message += ": log.dirs and metadata.log.dir must name directories that this process can make, read and write";
  return why;
}

Offset offset_in(const OffsetCheckpoint& offsets, const TopicPartition& partition) {
  const auto found = offsets.find(partition);
  return found == offsets.end() ? Offset{0} : found->second;
}

}  // namespace

std::string LogDirectory::file(std::string_view name) const { return join_path(path_, name); }

runtime::Async<std::unique_ptr<LogDirectory>> LogDirectory::open(std::string path, Holds holds) {
  if (const Result<> created = co_await create_durably(path); !created) {
    co_return std::unexpected(unusable(created.error()));
  }
  auto directory = std::unique_ptr<LogDirectory>(new LogDirectory(path));
  CO_TRY(co_await directory->lock());
  CO_TRY(const auto text, co_await read_text(directory->file(meta_properties_file)));
  if (text) {
    const Result<MetaProperties> properties = MetaProperties::parse(*text);
    if (!properties) {
      // Nothing else here tells whose directory it is: to guess could put it into another cluster.
      co_return fail(properties.error().code,
                     fmt::format("{} cannot be used ({}); restore the file from a copy, or write version=1, the "
                                 "cluster.id and the node.id into it",
                                 directory->file(meta_properties_file), properties.error().message));
    }
    directory->properties_ = *properties;
  }
  // Before anything is written: a name given by mistake may be that of somebody's home.
  if (holds == Holds::Partitions) {
    CO_TRY(co_await directory->refuse_foreign_directories());
  }
  co_return directory;
}

runtime::Async<> LogDirectory::lock() {
  auto taken = co_await files().lock(file(lock_file));
  if (!taken && taken.error().code == Errc::Locked) {
    co_return fail(Errc::Locked, fmt::format("{} is in use ({}): stop the broker that runs on it, or name another "
                                             "directory in log.dirs, each only once",
                                             path_, taken.error().message));
  }
  if (!taken) {
    co_return std::unexpected(unusable(taken.error()));
  }
  lock_ = *std::move(taken);
  co_return {};
}

runtime::Async<> LogDirectory::refuse_foreign_directories() const {
  CO_TRY(const auto entries, co_await files().list(path_));
  for (const runtime::DirectoryEntry& entry : entries) {
    if (entry.kind == runtime::EntryKind::Directory && !is_known_directory(entry.name)) {
      co_return fail(Errc::InvalidConfig,
                     fmt::format("{} holds the directory '{}', which is no partition's: move it elsewhere, or name "
                                 "another directory in log.dirs",
                                 path_, entry.name));
    }
  }
  co_return {};
}

runtime::Async<> LogDirectory::store_properties(MetaProperties properties) {
  properties.version = 1;
  CO_TRY(co_await files().replace_file(file(meta_properties_file), to_bytes(properties.text())));
  properties_ = std::move(properties);
  co_return {};
}

runtime::Async<> LogDirectory::note_clean_marker() {
  const std::string marker = file(clean_shutdown_file);
  CO_TRY(const auto text, co_await read_text(marker));
  was_clean_ = text.has_value();
  if (text) {
    previous_broker_epoch_ = parse_clean_shutdown(*text);
    CO_TRY(co_await files().remove(marker));
    // The marker must not come back after a power cut, when it would no longer be true.
    CO_TRY(co_await files().sync_directory(path_));
  }
  co_return {};
}

runtime::Async<std::set<TopicPartition>> LogDirectory::partitions() const {
  CO_TRY(const auto entries, co_await files().list(path_));
  std::set<TopicPartition> found;
  for (const runtime::DirectoryEntry& entry : entries) {
    const auto partition = parse_directory_name(entry.name);
    if (entry.kind == runtime::EntryKind::Directory && partition) {
      found.insert(*partition);
    }
  }
  co_return found;
}

runtime::Async<Inventory> LogDirectory::take_inventory() {
  CO_TRY(const auto entries, co_await files().list(path_));
  CO_TRY(recovery_points_, co_await read_checkpoint(file(recovery_points_file)));
  CO_TRY(start_offsets_, co_await read_offsets(file(start_offsets_file)));
  CO_TRY(cleaner_offsets_, co_await read_offsets(file(cleaner_offsets_file)));
  CO_TRY(const OffsetCheckpoint high_watermarks, co_await read_offsets(file(high_watermarks_file)));
  // Last: where one of these cannot be read, the stop before stays a clean one.
  CO_TRY(co_await note_clean_marker());

  Inventory inventory;
  for (const runtime::DirectoryEntry& entry : entries) {
    if (entry.kind != runtime::EntryKind::Directory || entry.name == remote_index_directory) {
      continue;
    }
    if (is_retired_name(entry.name, deleted_directory)) {
      inventory.to_remove.push_back(file(entry.name));
    } else if (is_retired_name(entry.name, stray_directory) || is_retired_name(entry.name, future_directory)) {
      inventory.strays.push_back(file(entry.name));
    } else if (entry.name == metadata_log_directory) {
      inventory.has_metadata_log = true;
    } else if (const auto partition = parse_directory_name(entry.name)) {
      inventory.partitions.push_back({place_for(*partition), offset_in(high_watermarks, *partition)});
    }
  }
  inventory.has_unknown_offsets = speaks_of_others(inventory.partitions);
  co_return inventory;
}

bool LogDirectory::speaks_of_others(const std::vector<FoundPartition>& partitions) const {
  std::set<TopicPartition> found;
  for (const FoundPartition& one : partitions) {
    found.insert(one.place.partition);
  }
  const auto is_other = [&found](const auto& entry) {
    return entry.second > Offset{0} && !found.contains(entry.first);
  };
  return (recovery_points_ && std::ranges::any_of(*recovery_points_, is_other)) ||
         std::ranges::any_of(start_offsets_, is_other) || std::ranges::any_of(cleaner_offsets_, is_other);
}

bool LogDirectory::is_known_directory(std::string_view name) {
  return name == remote_index_directory || is_retired_name(name, deleted_directory) ||
         is_retired_name(name, stray_directory) || is_retired_name(name, future_directory) ||
         parse_directory_name(name).has_value();
}

LogPlace LogDirectory::place_for(const TopicPartition& partition) const {
  return {.directory = file(directory_name(partition)),
          .partition = partition,
          .was_clean = was_clean_,
          .recovery_point = recovery_points_ ? offset_in(*recovery_points_, partition) : Offset{0},
          .has_recovery_point = recovery_points_.has_value(),
          .start_offset = offset_in(start_offsets_, partition),
          .first_dirty = offset_in(cleaner_offsets_, partition)};
}

runtime::Async<> LogDirectory::store_recovery_points(OffsetCheckpoint offsets) {
  co_return co_await files().replace_file(file(recovery_points_file), to_bytes(offset_checkpoint_text(offsets)));
}

runtime::Async<> LogDirectory::store_start_offsets(OffsetCheckpoint offsets) {
  co_return co_await files().replace_file(file(start_offsets_file), to_bytes(offset_checkpoint_text(offsets)));
}

runtime::Async<> LogDirectory::store_high_watermarks(OffsetCheckpoint offsets) {
  co_return co_await files().replace_file(file(high_watermarks_file), to_bytes(offset_checkpoint_text(offsets)));
}

runtime::Async<> LogDirectory::store_cleaner_offsets(OffsetCheckpoint offsets) {
  co_return co_await files().replace_file(file(cleaner_offsets_file), to_bytes(offset_checkpoint_text(offsets)));
}

runtime::Async<> LogDirectory::sync() { co_return co_await files().sync_all(path_); }

runtime::Async<> LogDirectory::mark_clean(BrokerEpoch epoch) {
  co_return co_await files().replace_file(file(clean_shutdown_file), to_bytes(clean_shutdown_text(epoch)));
}

}  // namespace odradek::storage
