// Snapshot files of the metadata log: `<end offset>-<epoch>.checkpoint`, and `bootstrap.checkpoint`.
//
// A control batch that begins with SNAPSHOT_HEADER and, with kraft.version 1, goes on with KRAFT_VERSION and
// KRAFT_VOTERS; batches of records; a control batch with SNAPSHOT_FOOTER. Offsets inside count from 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "controller/voter_set.h"
#include "model/ids.h"

namespace odradek::controller {

struct SnapshotId {
  Offset end;         // exclusive
  LeaderEpoch epoch;  // of the last record below end
  friend auto operator<=>(const SnapshotId&, const SnapshotId&) = default;

  [[nodiscard]] std::string file_name() const;
  // Nothing for any other name.
  [[nodiscard]] static std::optional<SnapshotId> parse(std::string_view file_name);
};

// Whether it is a snapshot that was never finished or was being removed, by us (`.tmp`) or Kafka (`.part`, `.deleted`).
[[nodiscard]] bool is_snapshot_leftover(std::string_view file_name);

inline constexpr std::string_view bootstrap_file = "bootstrap.checkpoint";

struct MetadataSnapshot {
  int64_t last_contained_timestamp = 0;  // milliseconds, of the last record below the end
  QuorumFacts quorum;
  std::vector<Bytes> records;  // stored form

  [[nodiscard]] Bytes encode(LeaderEpoch epoch, int64_t now_ms) const;
  // Errc::CorruptMessage when a batch is broken or the header or footer is missing.
  [[nodiscard]] static Result<MetadataSnapshot> decode(ByteView file);
};

}  // namespace odradek::controller
