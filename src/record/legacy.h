// Message formats v0 and v1 (before Kafka 0.11), and batches turned into them for old consumers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

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

// Turns stored batches into format v0 or v1, one after another, for Fetch v0 to v3.
//
// Offsets are kept, headers are dropped, control batches vanish; a compressed batch becomes one compressed set in its
// own codec. Input one entry at a time, so the caller may stop between any two and bound the output.
class DownConverter {
 public:
  // `magic` is 0 (Fetch v0, v1) or 1 (Fetch v2, v3). Records below `first_wanted` are left out of converted sets.
  DownConverter(int8_t magic, Offset first_wanted) : magic_(magic), first_wanted_(first_wanted) {}

  // Appends the converted form of `entry` to `out`; an entry that is old enough already is copied as it is.
  // Errc::UnsupportedCompressionType for zstd, which old consumers cannot read; errors as RecordReader.
  // A compressed batch whose plain records exceed `plain_size_max` bytes is Errc::RecordTooLarge.
  [[nodiscard]] Result<> convert(const BatchEntry& entry, Bytes& out, size_t plain_size_max = size_t{64} << 20) const;

 private:
  int8_t magic_;
  Offset first_wanted_;
};

}  // namespace odradek::record
