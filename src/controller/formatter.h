// Makes new log directories as `kafka-storage format --standalone` of Kafka 4.3.1 does.
//
// In each directory meta.properties and bootstrap.checkpoint; in the one for metadata also `__cluster_metadata-0` with
// the first snapshot, which says who votes: this node alone, by kraft.version 1. meta.properties comes last and makes a
// directory a formatted one, so formatting that was cut short is simply done again.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "controller/voter_set.h"
#include "model/ids.h"
#include "runtime/task.h"

namespace odradek::controller {

struct FormatOptions {
  std::string cluster_id;
  NodeId node;
  std::vector<VoterEndpoint> controller_endpoints;
  std::map<std::string, int16_t> feature_levels;  // default_feature_levels(), as a rule
};

// Formats one directory, which exists and was not formatted. Everything is on disk when it returns.
// InvalidConfig, with one sentence, where a cluster's metadata is there without meta.properties.
[[nodiscard]] runtime::Async<> format_directory(std::string path, DirectoryId id, bool is_for_metadata,
                                                FormatOptions options);

}  // namespace odradek::controller
