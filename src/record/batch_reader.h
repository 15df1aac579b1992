// Walks batches in a stretch of bytes, and the records in one batch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "record/batch_header.h"

namespace odradek::record {

// One entry of a log: a v2 batch, or an entry of format v0 or v1 (plain, or the wrapper of a compressed set).
struct BatchEntry {
  size_t position = 0;  // in the scanned bytes
  ByteView bytes;       // all of it
  BatchHeader header;
};

// Walks the entries of all formats in `bytes`, which must outlive it. Looks at headers alone: check_batch() tells
// whether one is whole.
class BatchScanner {
 public:
  explicit BatchScanner(ByteView bytes) : bytes_(bytes) {}

  // The next whole entry; nothing where the bytes end or the last entry is cut short (remaining() > 0 then).
  // Errc::CorruptMessage: what comes next is no entry; the position stays.
  [[nodiscard]] Result<std::optional<BatchEntry>> next();

  [[nodiscard]] size_t position() const { return position_; }
  [[nodiscard]] size_t remaining() const { return bytes_.size() - position_; }

 private:
  ByteView bytes_;
  size_t position_ = 0;
};

struct RecordHeader {
  std::string_view key;
  std::optional<ByteView> value;
};

// The headers of one record, decoded as they are asked for. A view of the record's bytes.
class RecordHeaders {
 public:
  RecordHeaders() = default;
  RecordHeaders(ByteView bytes, int32_t count) : bytes_(bytes), count_(count) {}  // bytes are known to decode

  [[nodiscard]] int32_t count() const { return count_; }

  // Headers from the first to the last, then nothing. Copy the object to begin again.
  [[nodiscard]] std::optional<RecordHeader> next();

  // As they are stored, after their count.
  [[nodiscard]] ByteView bytes() const { return bytes_; }

 private:
  ByteView bytes_;
  int32_t count_ = 0;
};

// One record. Its views hold until the reader moves on.
struct RecordView {
  Offset offset;
  int64_t timestamp = no_timestamp;
  uint32_t size = 0;  // bytes as stored, before compression; v0 and v1: with offset and size
  std::optional<ByteView> key;
  std::optional<ByteView> value;
  RecordHeaders headers;
};

struct RecordReaderOptions {
  size_t record_size_max = size_t{1} << 30;  // bytes; a larger compressed record is Errc::InvalidRecord
  bool check_inner_crc = false;              // of the records inside compressed v0 and v1 sets
};

// What RecordReader::next() came to.
enum class ReadStep : uint8_t {
  Record,  // record() is the next one
  Pause,   // about 64 KiB were decompressed and the record is not whole yet: go on, or let others run first
  End,
};

namespace detail {
class RecordSource;
}

// Reads the records of one entry of any format and codec as a stream.
//
// Memory: nothing for uncompressed batches (views of the batch); otherwise a window of 64 KiB, grown while a record
// larger than that passes, and what the Decompressor holds. The caller may stop between any two steps. Compressed v1
// sets, whose offsets count from their end, are decompressed twice.
class RecordReader {
 public:
  // `entry` is one whole entry, checked or not; it must outlive the reader.
  explicit RecordReader(ByteView entry, RecordReaderOptions options = {});
  ~RecordReader();
  RecordReader(RecordReader&&) noexcept;
  RecordReader& operator=(RecordReader&&) noexcept;

  // Errc::UnsupportedCompressionType, Errc::CorruptMessage (does not decompress), Errc::InvalidRecord (does not
  // parse, more or fewer records than declared, too large). After an error or End, the same comes again.
  [[nodiscard]] Result<ReadStep> next();

  // Valid after ReadStep::Record until the next call of next().
  [[nodiscard]] const RecordView& record() const { return record_; }

  // Steps until the next record; nothing at the end. For callers with nobody waiting behind them.
  [[nodiscard]] Result<std::optional<RecordView>> next_record();

 private:
  std::unique_ptr<detail::RecordSource> source_;
  std::optional<Error> failure_;
  RecordView record_;
};

}  // namespace odradek::record
