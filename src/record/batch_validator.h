// What a leader checks and changes in the batches a producer sends.
//
// A v2 batch that needs no change is kept as the producer's own bytes: only its header is copied and patched. Batches
// in another codec than the topic's, and sets of formats v0 and v1, are written anew as one v2 batch.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "record/batch_header.h"
#include "record/compression.h"

namespace odradek::record {

// What a topic demands.
struct ProduceRules {
  std::optional<Codec> codec{};  // compression.type; nothing: "producer", the batch keeps its own
  CompressionLevels levels{};
  TimestampType timestamp_type = TimestampType::CreateTime;               // message.timestamp.type
  int64_t timestamp_before_max_ms = std::numeric_limits<int64_t>::max();  // message.timestamp.before.max.ms
  int64_t timestamp_after_max_ms = 3'600'000;                             // message.timestamp.after.max.ms
  bool keys_required = false;                                             // cleanup.policy has compact
  uint32_t batch_size_max = 1'048'588;                                    // max.message.bytes
};

struct ProduceContext {
  int64_t now_ms = 0;            // the broker's wall clock, for LogAppendTime and the limits on timestamps
  int16_t produce_version = 13;  // of the Produce request; below 3 formats v0 and v1 are taken, below 7 no zstd
  LeaderEpoch leader_epoch = no_leader_epoch;
};

// A batch ready to be placed and appended: its header, patched, and its records.
struct ValidatedBatch {
  std::array<uint8_t, batch_header_size> header{};
  Blob records;                     // in memory; the producer's bytes (kept alive by the request's Blob) or new ones
  BatchHeader fields;               // what `header` says
  int32_t max_timestamp_delta = 0;  // offset of the first record with the maximum timestamp, less the base offset
  bool is_rewritten = false;        // the records are not the producer's bytes

  [[nodiscard]] size_t size() const { return header.size() + records.size(); }

  // Gives the batch its place; may be called again.
  void place_at(Offset base_offset, LeaderEpoch leader_epoch);

  // Header (copied) and records, to be written.
  [[nodiscard]] ByteChain bytes() const;
};

// One record that broke a rule: its index in the batch, and why.
struct RecordError {
  int32_t index;
  std::string message;
  friend bool operator==(const RecordError&, const RecordError&) = default;
};

namespace detail {
class BatchCheck;
}

// Checks what one Produce request brings for one partition, in slices, so that a large or hostile batch never holds
// the shard for long:
//
//   BatchValidator validator(records, rules, context);
//   while (!validator.step(budget)) { /* let others run */ }
//   if (!validator.error()) { ValidatedBatch batch = validator.take(); ... }
//
// Bytes after the last whole batch are ignored, as in Kafka. Memory: 64 KiB and what a Decompressor holds; a batch
// written anew also needs its output (at most batch_size_max) and its largest record, at most 100 times
// batch_size_max.
//
// Errors: CorruptMessage (length, magic, checksum, does not decompress), UnsupportedCompressionType, RecordTooLarge
// (batch over batch_size_max, before or after conversion), InvalidTimestamp and InvalidRecord with record errors
// (timestamps, missing keys), InvalidRecord (control batch, no or several batches, counts, offsets, producer fields,
// records that do not parse or are too large).
class BatchValidator {
 public:
  // `rules` is copied; `records` is in memory.
  BatchValidator(Blob records, const ProduceRules& rules, const ProduceContext& context);
  ~BatchValidator();
  BatchValidator(BatchValidator&&) noexcept;
  BatchValidator& operator=(BatchValidator&&) noexcept;

  // Works through about `budget` plain bytes (256 KiB take some 0.1 ms uncompressed, 1 ms with gzip); true when done.
  [[nodiscard]] bool step(size_t budget = size_t{256} << 10);

  // After step() was true: what is wrong, if anything.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] const std::vector<RecordError>& record_errors() const { return record_errors_; }

  // After step() was true and without error: the batch, once.
  [[nodiscard]] ValidatedBatch take();

 private:
  std::unique_ptr<detail::BatchCheck> check_;
  std::optional<Error> error_;
  std::vector<RecordError> record_errors_;
  std::optional<ValidatedBatch> batch_;
};

}  // namespace odradek::record
