// Builds v2 batches.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "model/ids.h"
#include "record/batch_header.h"
#include "record/batch_reader.h"
#include "record/compression.h"

namespace odradek::record {

// What a batch says about all its records.
struct BatchOptions {
  Offset base_offset{};
  LeaderEpoch leader_epoch = no_leader_epoch;
  Codec codec = Codec::None;
  CompressionLevels levels{};
  TimestampType timestamp_type = TimestampType::CreateTime;
  int64_t log_append_time = no_timestamp;  // with TimestampType::LogAppendTime: every record's timestamp
  ProducerId producer_id = no_producer_id;
  ProducerEpoch producer_epoch = no_producer_epoch;
  int32_t base_sequence = no_sequence;
  bool is_transactional = false;
  bool is_control = false;
  std::optional<int64_t> delete_horizon{};  // milliseconds; record timestamps are then stored relative to it
};

struct RecordFields {
  int64_t timestamp = no_timestamp;
  std::optional<ByteView> key{};
  std::optional<ByteView> value{};
  std::span<const RecordHeader> headers{};
};

// Records go in, one batch comes out; compresses as it goes.
class BatchBuilder {
 public:
  explicit BatchBuilder(BatchOptions options);
  ~BatchBuilder();
  BatchBuilder(BatchBuilder&&) noexcept;
  BatchBuilder& operator=(BatchBuilder&&) noexcept;

  // Makes room for so many bytes of records, so that appending them allocates nothing.
  void reserve(size_t bytes) { out_.reserve(out_.size() + bytes); }

  // At the next offset.
  void append(const RecordFields& record);

  // At `offset`, which must exceed those before it and be within 2^31 of the base.
  void append_at(Offset offset, const RecordFields& record);

  // With the headers of a record that was read, as they are stored.
  void append_at(Offset offset, const RecordView& record);

  [[nodiscard]] int32_t count() const { return count_; }
  [[nodiscard]] Offset next_offset() const { return next_offset_; }
  [[nodiscard]] int64_t max_timestamp() const { return max_timestamp_; }
  [[nodiscard]] Offset offset_of_max_timestamp() const { return offset_of_max_timestamp_; }

  // Bytes of the batch so far: exact without a codec, a lower bound (what the codec has put out) with one.
  [[nodiscard]] size_t size() const;

  // Ends the batch. `last_offset` may lie beyond the last record (compaction keeps it). Without records the batch
  // is a header alone.
  [[nodiscard]] Bytes finish(std::optional<Offset> last_offset = {});

 private:
  void write_record(Offset offset, int64_t timestamp, const std::optional<ByteView>& key,
                    const std::optional<ByteView>& value, int32_t header_count, ByteView headers);

  BatchOptions options_;
  Bytes out_;                               // room for the header, then plain records
  Bytes scratch_;                           // records on their way to the codec
  std::unique_ptr<Bytes> compressed_;       // with a codec: what it has put out; stays in place when we move
  std::unique_ptr<Compressor> compressor_;  // appends to *compressed_
  int32_t count_ = 0;
  Offset next_offset_;
  int64_t base_timestamp_ = no_timestamp;
  int64_t max_timestamp_ = no_timestamp;
  Offset offset_of_max_timestamp_;
};

}  // namespace odradek::record
