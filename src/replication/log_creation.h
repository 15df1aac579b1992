// Directories of partitions come and go under names that several shards may want one after the other.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "model/ids.h"
#include "runtime/task.h"
#include "storage/partition_log.h"

namespace odradek::replication {

// Makes the directory and the log of a new partition. While another topic's directory has the name, which its shard may
// be about to give up, it waits: AlreadyExists after ten seconds, UnknownTopicOrPartition once `is_wanted` says no.
[[nodiscard]] runtime::Async<std::unique_ptr<storage::PartitionLog>> create_log(storage::LogPlace place, TopicId topic,
                                                                                storage::LogOptions options,
                                                                                std::function<bool()> is_wanted);

// Whether create_log failed before it made anything: what has the name is somebody else's.
[[nodiscard]] inline bool made_nothing(Errc error) {
  return error == Errc::AlreadyExists || error == Errc::UnknownTopicOrPartition;
}

// Removes what create_log has left when it failed half-way; a directory that names another topic belongs to that.
[[nodiscard]] runtime::Async<> remove_half_made(std::string path, TopicId topic);

// Renames a directory whose log cannot be opened; its new path.
[[nodiscard]] runtime::Async<std::string> rename_away(storage::LogPlace place, std::string suffix);

}  // namespace odradek::replication
