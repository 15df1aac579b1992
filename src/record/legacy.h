// Message formats v0 and v1 (before Kafka 0.11), and batches turned into them for old consumers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "record/batch_header.h"
#include "record/batch_reader.h"
#include "record/compression.h"

namespace odradek::record {

// The front part of an uncompressed entry after its header. Views of the entry.
struct LegacyFields {
  std::optional<ByteView> key;
  std::optional<ByteView> value;  // of a wrapper: the compressed set
};

// Key and value of an entry of format v0 or v1. Errc::InvalidRecord.
[[nodiscard]] Result<LegacyFields> parse_legacy_fields(ByteView entry);

// Appends one entry of format `magic` (0 or 1) to `out`.
void append_legacy_entry(Bytes& out, int8_t magic, Offset offset, int64_t timestamp, int16_t attributes,
                         std::optional<ByteView> key, std::optional<ByteView> value);

// Offset of the first record of any entry: what BatchHeader::base_offset says, but of a compressed v0 or v1 entry,
// which does not say it, found by decompressing. Errors as RecordReader.
[[nodiscard]] Result<Offset> first_offset(const BatchEntry& entry);

// Turns one stored batch into format v0 or v1, for Fetch v0 to v3, in slices, so that a batch of many plain bytes never
// holds the shard for long:
//
//   DownConversion conversion(entry, magic, first_wanted, out);
//   for (;;) { TRY(const bool is_done, conversion.step()); if (is_done) { break; } /* let others run */ }
//
// Offsets are kept, headers are dropped, control batches vanish; a compressed batch becomes one compressed set in its
// own codec; an entry that is old enough already is copied as it is. The caller may stop between any two batches and so
// bound the output.
class DownConversion {
 public:
  // `magic` is 0 (Fetch v0, v1) or 1 (Fetch v2, v3). Records below `first_wanted` are left out of converted sets. The
  // converted form is appended to `out`; it and the entry's bytes must outlive this.
  DownConversion(const BatchEntry& entry, int8_t magic, Offset first_wanted, Bytes& out,
                 size_t plain_size_max = size_t{64} << 20);
  ~DownConversion();
  DownConversion(const DownConversion&) = delete;
  DownConversion& operator=(const DownConversion&) = delete;

  // Works through about `budget` plain bytes (a single record is taken whole, and compressed piece by piece); true when
  // done, and not to be called again then. Errc::UnsupportedCompressionType for zstd, which old consumers cannot read;
  // errors as RecordReader. A batch whose plain records exceed `plain_size_max` bytes is Errc::RecordTooLarge.
  [[nodiscard]] Result<bool> step(size_t budget = size_t{64} << 10);

 private:
  [[nodiscard]] Result<> begin();
  [[nodiscard]] Result<> take(const RecordView& record);
  [[nodiscard]] size_t compress_some();
  void finish();

  BatchEntry entry_;
  int8_t magic_;
  Offset first_wanted_;
  Bytes& out_;
  size_t plain_size_max_;

  bool is_done_ = false;
  Codec codec_ = Codec::None;
  int16_t time_bit_ = 0;
  std::optional<RecordReader> reader_;  // none before the first step
  size_t plain_size_ = 0;               // of the records read so far

  // Of the compressed set.
  Bytes inner_;               // records on their way to the codec
  size_t compressed_to_ = 0;  // so many bytes of inner_ the codec has
  Bytes compressed_;          // what it has put out
  std::unique_ptr<Compressor> compressor_;
  int64_t count_ = 0;  // of records; what follows is known from the first on
  Offset first_;
  Offset last_;
  int64_t max_timestamp_ = no_timestamp;
};

}  // namespace odradek::record
