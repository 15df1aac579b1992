#include "record/legacy.h"

#include <algorithm>

#include "base/big_endian.h"
#include "base/crc32c.h"

namespace odradek::record {
namespace {

constexpr size_t legacy_crc_at = 12;

// A stretch with its int32 length before it; -1 is null. Errc::InvalidRecord if it is not all there.
Result<std::optional<ByteView>> take_sized(ByteView& in) {
  if (in.size() < sizeof(int32_t)) {
    return fail(Errc::InvalidRecord, "a record ends inside a length");
  }
  const auto size = load_big_endian<int32_t>(in.data());
  in = in.subspan(sizeof(int32_t));
  if (size < 0) {
    return std::optional<ByteView>();
  }
  if (static_cast<size_t>(size) > in.size()) {
    return fail(Errc::InvalidRecord, "a record's fields reach past its end");
  }
  const ByteView taken = in.first(static_cast<size_t>(size));
  in = in.subspan(static_cast<size_t>(size));
  return std::optional(taken);
}

template <typename T>
void append_number(Bytes& out, T value) {
  out.resize(out.size() + sizeof value);
  store_big_endian(out.data() + out.size() - sizeof value, value);
}

void append_sized(Bytes& out, std::optional<ByteView> bytes) {
  append_number(out, bytes ? static_cast<int32_t>(bytes->size()) : int32_t{-1});
  if (bytes) {
    out.insert(out.end(), bytes->begin(), bytes->end());
  }
}

}  // namespace

Result<LegacyFields> parse_legacy_fields(ByteView entry) {
  TRY(const BatchHeader header, parse_batch_header(entry));
  ByteView rest = entry.subspan(header.magic == 1 ? legacy_header_v1 : legacy_header_v0);
  LegacyFields fields;
  TRY(fields.key, take_sized(rest));
  TRY(fields.value, take_sized(rest));
  return fields;
}

void append_legacy_entry(Bytes& out, int8_t magic, Offset offset, int64_t timestamp, int16_t attributes,
                         std::optional<ByteView> key, std::optional<ByteView> value) {
  const size_t at = out.size();
  append_number(out, offset.raw());
  append_number(out, int32_t{0});   // the size, known below
  append_number(out, uint32_t{0});  // the checksum
  append_number(out, magic);
  append_number(out, static_cast<int8_t>(attributes));
  if (magic == 1) {
    append_number(out, timestamp);
  }
  append_sized(out, key);
  append_sized(out, value);
  const ByteView entry = ByteView(out).subspan(at);
  store_big_endian(out.data() + at + length_at, static_cast<int32_t>(entry.size() - log_overhead));
  store_big_endian(out.data() + at + legacy_crc_at, crc32(entry.subspan(magic_at)));
}

Result<Offset> first_offset(const BatchEntry& entry) {
  if (entry.header.magic >= 2 || !entry.header.is_compressed()) {
    return entry.header.base_offset;
  }
  RecordReader reader(entry.bytes);
  TRY(const std::optional<RecordView> first, reader.next_record());
  return first ? first->offset : entry.header.last_offset;
}

namespace {

// What is known of a set after one pass over its records.
struct SetSummary {
  int64_t count = 0;
  Offset first;
  Offset last;
  int64_t max_timestamp = no_timestamp;
};

}  // namespace

Result<> DownConverter::convert(const BatchEntry& entry, Bytes& out, size_t plain_size_max) const {
  if (entry.header.magic <= magic_) {
    out.insert(out.end(), entry.bytes.begin(), entry.bytes.end());
    return {};
  }
  if (entry.header.is_control()) {
    return {};
  }
  TRY(const Codec codec, entry.header.codec());
  if (codec == Codec::Zstd) {
    return fail(Errc::UnsupportedCompressionType, "consumers of this age cannot read zstd");
  }
  const int16_t time_bit =
      magic_ == 1 ? static_cast<int16_t>(entry.header.attributes & log_append_time_bit) : int16_t{0};

  // Inner offsets of v1 count from the set's first record, which is the first one wanted.
  Bytes compressed;
  std::unique_ptr<Compressor> compressor;
  if (codec != Codec::None) {
    compressor = make_compressor(codec, {}, compressed, magic_);
  }
  SetSummary set;
  size_t plain_size = 0;
  Bytes inner;
  RecordReader reader(entry.bytes, {.record_size_max = plain_size_max});
  for (;;) {
    TRY(const std::optional<RecordView> record, reader.next_record());
    if (!record) {
      break;
    }
    plain_size += record->size;
    if (plain_size > plain_size_max) {
      return fail(Errc::RecordTooLarge, "a batch is too large to be converted for an old consumer");
    }
    if (record->offset < first_wanted_) {
      continue;
    }
    if (set.count++ == 0) {
      set.first = record->offset;
    }
    set.last = record->offset;
    set.max_timestamp = std::max(set.max_timestamp, record->timestamp);
    if (codec == Codec::None) {
      append_legacy_entry(out, magic_, record->offset, record->timestamp, time_bit, record->key, record->value);
      continue;
    }
    const Offset stored = magic_ == 1 ? Offset{record->offset - set.first} : record->offset;
    append_legacy_entry(inner, magic_, stored, record->timestamp, time_bit, record->key, record->value);
    constexpr size_t flush_size = 32 * 1024;
    if (inner.size() >= flush_size) {
      compressor->write(inner);
      inner.clear();
    }
  }
  if (codec != Codec::None && set.count > 0) {
    compressor->write(inner);
    compressor->finish();
    append_legacy_entry(out, magic_, set.last, set.max_timestamp,
                        static_cast<int16_t>(static_cast<int16_t>(codec) | time_bit), std::nullopt, compressed);
  }
  return {};
}

}  // namespace odradek::record
