// The log directories of a starting broker: whose they are, whether all of them are there, and formatting the new ones.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "app/broker.h"
#include "controller/feature_decisions.h"
#include "controller/formatter.h"
#include "model/topic_name.h"
#include "runtime/random.h"
#include "runtime/shard.h"

namespace odradek::app {
namespace {

std::string absolute(const std::string& path) {
  const std::string normal = std::filesystem::absolute(path).lexically_normal().string();
  return normal.ends_with('/') && normal.size() > 1 ? normal.substr(0, normal.size() - 1) : normal;
}

}  // namespace

runtime::Async<> Broker::open_directories() {
  const std::string metadata_path = absolute(config_.metadata_log_dir());
  const std::vector<std::string> log_dirs = config_.log_dirs();
  metadata_directory_ = log_dirs.size();  // behind them, unless it is one of them
  for (const std::string& configured : log_dirs) {
    const std::string path = absolute(configured);
    if (path == metadata_path) {
      metadata_directory_ = directories_.size();
    } else if (metadata_path.starts_with(path + "/")) {
      co_return fail(Errc::InvalidConfig, fmt::format("metadata.log.dir {} lies in {}, where only partitions may be: "
                                                      "name that directory itself, or one outside of it",
                                                      metadata_path, path));
    }
    CO_TRY(co_await open_directory(path, storage::LogDirectory::Holds::Partitions));
  }
  log_directories_ = directories_.size();
  if (metadata_directory_ == log_directories_) {
    CO_TRY(co_await open_directory(metadata_path, storage::LogDirectory::Holds::MetadataOnly));
  }
  if (directories_[metadata_directory_].is_formatted) {
    CO_TRY(co_await inspect_metadata(metadata_path));
    CO_TRY(co_await check_partitions_are_here());
  } else if (!identity_.cluster_id.empty()) {
    co_return fail(Errc::InvalidConfig,
                   fmt::format("{} holds no cluster metadata, though other log directories belong to cluster {}: point "
                               "metadata.log.dir to the directory that holds {}-0",
                               metadata_path, identity_.cluster_id, metadata_topic_name));
  }
  co_return Result<>{};
}

runtime::Async<> Broker::open_directory(std::string path, storage::LogDirectory::Holds holds) {
  CO_TRY(auto files, co_await storage::LogDirectory::open(path, holds));
  Directory directory{.files = std::move(files), .id = {}, .is_formatted = false};
  if (const auto& properties = directory.files->properties()) {
    CO_TRY(controller::check_properties(*properties, path, identity_.id, identity_.cluster_id));
    identity_.cluster_id = properties->cluster_id.value_or(identity_.cluster_id);
    directory.id = properties->directory_id.value_or(DirectoryId{});
    directory.is_formatted = true;
  }
  directories_.push_back(std::move(directory));
  co_return Result<>{};
}

runtime::Async<> Broker::inspect_metadata(std::string path) {
  auto inspected = co_await controller::inspect_metadata(fmt::format("{}/{}-0", path, metadata_topic_name));
  if (!inspected && inspected.error().code == Errc::NotFound) {
    co_return fail(Errc::InvalidConfig,
                   fmt::format("{} is formatted and holds no {}-0: point metadata.log.dir to the directory that holds "
                               "it; if kafka-storage formatted this one for controller.quorum.voters and nobody "
                               "started, empty it if it holds no records",
                               path, metadata_topic_name));
  }
  CO_TRY(inspection_, std::move(inspected));
  CO_TRY(controller::check_metadata(*inspection_, identity_.id));
  if (inspection_->image->metadata_version() == 0) {
    CO_TRY(bootstrap_, co_await controller::read_bootstrap_records(path));
  }
  co_return Result<>{};
}

// Where a disk is not mounted, what lies on it would begin empty here, and lie in two directories when it is back.
runtime::Async<> Broker::check_partitions_are_here() {
  std::set<DirectoryId> known;
  for (const Directory& directory : log_directories_here()) {
    known.insert(directory.id);
  }
  std::vector<controller::PartitionPlace> missing =
      controller::places_elsewhere(*inspection_->image, identity_.id, known);
  const std::vector<std::string> given_up = config_.get_list("odradek.lost.log.dirs");
  std::erase_if(missing, [&](const controller::PartitionPlace& place) {
    return std::ranges::find(given_up, place.directory.uuid().text()) != given_up.end();
  });
  if (!missing.empty()) {
    std::set<TopicPartition> here;  // moved by hand, or in a directory that was given another id
    for (const Directory& directory : log_directories_here()) {
      CO_TRY(std::set<TopicPartition> found, co_await directory.files->partitions());
      here.merge(found);
    }
    std::erase_if(missing, [&](const controller::PartitionPlace& place) { return here.contains(place.partition); });
  }
  if (missing.empty()) {
    co_return Result<>{};
  }
  const std::string id = missing.front().directory.uuid().text();
  const auto others =
      std::ranges::count(missing, missing.front().directory, &controller::PartitionPlace::directory) - 1;
  co_return fail(
      Errc::InvalidConfig,
      fmt::format("partition {}-{} lies in the log directory whose meta.properties says directory.id={}, as do "
                  "{} others, and log.dirs names none like that: mount it, or name it there; if what it held "
                  "is gone for good, start with odradek.lost.log.dirs={}, and they begin empty",
                  missing.front().partition.topic, missing.front().partition.index.raw(), id, others, id));
}

// The one of the metadata first: where this is cut short, the next start finds it and goes on with the others.
runtime::Async<> Broker::format_new_directories() {
  if (identity_.cluster_id.empty()) {
    identity_.cluster_id = runtime::Shard::current().random().uuid().text();
  }
  CO_TRY(co_await complete_directory(metadata_directory_));
  for (size_t i = 0; i < directories_.size(); ++i) {
    if (i != metadata_directory_) {
      CO_TRY(co_await complete_directory(i));
    }
  }
  for (const Directory& directory : log_directories_here()) {
    identity_.log_directories.push_back({.path = directory.files->path(), .id = directory.id});
  }
  co_return Result<>{};
}

// Formats it where it is new; one that Kafka before 3.7 formatted has no id yet.
runtime::Async<> Broker::complete_directory(size_t index) {
  Directory& directory = directories_[index];
  if (!directory.is_formatted) {
    directory.id = DirectoryId{runtime::Shard::current().random().uuid()};
    CO_TRY(co_await controller::format_directory(directory.files->path(), directory.id, index == metadata_directory_,
                                                 {.cluster_id = identity_.cluster_id,
                                                  .node = identity_.id,
                                                  .controller_endpoints = controller_endpoints(),
                                                  .feature_levels = controller::default_feature_levels()}));
    log_.info("formatted").with("directory", directory.files->path()).with("cluster_id", identity_.cluster_id);
  } else if (directory.id == DirectoryId{}) {
    directory.id = DirectoryId{runtime::Shard::current().random().uuid()};
    storage::MetaProperties properties = *directory.files->properties();
    properties.directory_id = directory.id;
    CO_TRY(co_await directory.files->store_properties(std::move(properties)));
  }
  co_return Result<>{};
}

}  // namespace odradek::app
