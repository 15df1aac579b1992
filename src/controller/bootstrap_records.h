// What the metadata of a new cluster begins with.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "runtime/task.h"

namespace odradek::controller {

struct BootstrapRecords {
  int16_t metadata_version = 0;
  bool has_eligible_leader_replicas = false;
  // Stored form: the metadata.version first, the levels of other features, and what else there is.
  std::vector<Bytes> records{};

  // Levels of zero are not written, and kraft.version is the voters' affair.
  [[nodiscard]] static BootstrapRecords of(const std::map<std::string, int16_t>& levels);

  // Of records in stored form. CorruptMessage; UnsupportedVersion for features beyond ours.
  [[nodiscard]] static Result<BootstrapRecords> of(std::vector<Bytes> records);
};

// What a log directory was formatted with, by us or by Kafka, and its administrator's wishes: a level, users. The
// defaults where there is no bootstrap.checkpoint. InvalidConfig with one sentence for one that cannot be followed.
[[nodiscard]] runtime::Async<BootstrapRecords> read_bootstrap_records(std::string path);

}  // namespace odradek::controller
