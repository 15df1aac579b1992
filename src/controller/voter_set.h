// Who votes about the metadata log, as its control records say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "record/batch_reader.h"

namespace odradek::controller {

struct VoterEndpoint {
  std::string listener;
  std::string host;
  uint16_t port = 0;
  friend bool operator==(const VoterEndpoint&, const VoterEndpoint&) = default;
};

struct Voter {
  NodeId id;
  DirectoryId directory = {};
  std::vector<VoterEndpoint> endpoints = {};
  int16_t kraft_version_min = 0;
  int16_t kraft_version_max = 1;
  friend bool operator==(const Voter&, const Voter&) = default;
};

// What control records of a log or snapshot have said so far; each replaces what was said before.
struct QuorumFacts {
  int16_t kraft_version = 0;
  std::vector<Voter> voters;  // only with kraft_version 1

  // Takes KRAFT_VERSION and KRAFT_VOTERS; every other control record says nothing here. Errc::CorruptMessage.
  [[nodiscard]] Result<> take(const record::RecordView& control);

  friend bool operator==(const QuorumFacts&, const QuorumFacts&) = default;
};

// The values of control records.
[[nodiscard]] Bytes kraft_version_value(int16_t kraft_version);
[[nodiscard]] Bytes voters_value(const std::vector<Voter>& voters);
[[nodiscard]] Bytes leader_change_value(NodeId leader, const std::vector<NodeId>& voters);

}  // namespace odradek::controller
