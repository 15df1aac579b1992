// Looks at a `__cluster_metadata-0` without changing anything: what it holds, and whether this node may go on with it.
//
// Made before the directory is opened, because opening repairs what a crash left: a directory that is not ours must
// stay as it is.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/metadata_snapshot.h"
#include "controller/quorum_state.h"
#include "controller/voter_set.h"
#include "metadata/metadata_image.h"
#include "runtime/task.h"
#include "storage/meta_properties.h"

namespace odradek::controller {

struct MetadataInspection {
  std::optional<QuorumState> quorum_state;    // none before the first start, or when it was damaged
  QuorumFacts quorum;                         // kraft.version and voters, as snapshot and log say
  bool is_quorum_in_log = false;              // the log itself says them, after the snapshot
  std::vector<SnapshotId> snapshots;          // ascending; the newest was read
  bool has_log = false;                       // there are segments
  bool is_torn = false;                       // and the last ends in bytes that are no batch
  metadata::SharedImage image;                // of everything readable
  std::vector<SnapshotId> damaged_snapshots;  // newer than `snapshots`, descending; the log tells what they told
  std::vector<std::string> leftovers;         // files that were never finished, or were being removed
};

// `directory` is the path of __cluster_metadata-0. NotFound when there is none; CorruptMessage and UnsupportedVersion
// for what cannot be followed. A torn end of the log is where the log ends; for a snapshot that is damaged an older one
// with the log behind it will do, and a damaged quorum-state is as none where the log says who votes. InvalidConfig,
// with one sentence that names the file, where committed metadata would be missing.
[[nodiscard]] runtime::Async<MetadataInspection> inspect_metadata(std::string directory);

// Errc::InvalidConfig with one sentence that says what is wrong and how to mend it: other voters than this node,
// partitions with replicas elsewhere. Errc::UnsupportedVersion: metadata.version or features beyond ours.
[[nodiscard]] Result<> check_metadata(const MetadataInspection& inspection, NodeId node);

// Errc::InvalidConfig with one sentence: a directory of another node or cluster. `cluster_id` empty: any will do.
[[nodiscard]] Result<> check_properties(const storage::MetaProperties& properties, std::string_view path, NodeId node,
                                        std::string_view cluster_id);

// Where a partition lies by what the metadata says.
struct PartitionPlace {
  TopicPartition partition;
  DirectoryId directory;
};

// Those of the node whose log directory, where it says one (KIP-858), is none of `known`; in the order of their names.
[[nodiscard]] std::vector<PartitionPlace> places_elsewhere(const metadata::MetadataImage& image, NodeId node,
                                                           const std::set<DirectoryId>& known);

}  // namespace odradek::controller
