// All that is in a stretch of batches, as plain values: for tools and tests, not for serving.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "record/batch_header.h"
#include "record/control_record.h"

namespace odradek::record {

struct RecordDescription {
  Offset offset;
  int64_t timestamp = no_timestamp;
  int32_t sequence = no_sequence;
  uint32_t size = 0;  // bytes as stored, before compression
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  std::vector<std::pair<std::string, std::optional<Bytes>>> headers;

  // Of control batches: the number in the key, the type where we know it, the marker where it is one.
  std::optional<int16_t> control_number;
  std::optional<ControlType> control_type;
  std::optional<EndTransactionMarker> marker;
};

struct BatchDescription {
  size_t position = 0;
  BatchHeader header;
  Offset first_offset;                 // of v0 and v1 sets: that of the first inner record
  std::optional<size_t> records_size;  // plain bytes of the records section, of compressed v2 batches
  Bytes records_bytes;                 // the section itself, if it has at most 4 KiB
  std::vector<RecordDescription> records;
};

// Where reading stopped.
enum class DescribeStage : uint8_t {
  Batches,      // finding the next batch
  EnsureValid,  // size or checksum of a batch
  Records,      // its records
};

struct DescribeFailure {
  DescribeStage stage;
  Error error;
};

struct Description {
  std::vector<BatchDescription> batches;  // their records: up to the failure
  size_t bytes_left = 0;                  // of a batch cut short at the end
  std::optional<DescribeFailure> failure;
};

// Reads everything in `bytes`. A batch whose records have more than `plain_size_max` bytes is not read to its end:
// Errc::RecordTooLarge.
[[nodiscard]] Description describe_batches(ByteView bytes, size_t plain_size_max = size_t{256} << 20);

}  // namespace odradek::record
