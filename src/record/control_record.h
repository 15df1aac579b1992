// Control records: what brokers write between the clients' records.
//
// A control batch holds them; the key is two int16, version 0 and the type. Values of the Raft types are messages of
// protocol/, opaque here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "record/batch_reader.h"

namespace odradek::record {

enum class ControlType : int16_t {
  Abort = 0,
  Commit = 1,
  LeaderChange = 2,
  SnapshotHeader = 3,
  SnapshotFooter = 4,
  KRaftVersion = 5,
  KRaftVoters = 6,
};

// The type in a control record's key; nothing for a type we do not know, which readers skip. Errc::InvalidRecord if
// it is no such key.
[[nodiscard]] Result<std::optional<ControlType>> parse_control_type(const RecordView& record);

// The 4 bytes of the key.
[[nodiscard]] Bytes control_key(ControlType type);

// Ends one producer's transaction in one partition.
struct EndTransactionMarker {
  bool commit = false;
  int32_t coordinator_epoch = -1;
  friend bool operator==(const EndTransactionMarker&, const EndTransactionMarker&) = default;
};

// The value of a marker: int16 version, int32 coordinator epoch. `type` is Abort or Commit. Errc::InvalidRecord.
[[nodiscard]] Result<EndTransactionMarker> parse_marker(ControlType type, const RecordView& record);
[[nodiscard]] Bytes marker_value(const EndTransactionMarker& marker);

// A transactional control batch with one marker, placed later.
[[nodiscard]] Bytes marker_batch(const EndTransactionMarker& marker, ProducerId producer, ProducerEpoch epoch,
                                 int64_t timestamp);

// A control batch (not transactional) with one record of a Raft type.
struct ControlRecord {
  ControlType type;
  ByteView value;
};
[[nodiscard]] Bytes control_batch(std::span<const ControlRecord> records, Offset base_offset, LeaderEpoch epoch,
                                  int64_t timestamp);

}  // namespace odradek::record
