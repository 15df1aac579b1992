#include "record/legacy.h"

#include <algorithm>

#include "base/big_endian.h"
#include "base/crc32c.h"

namespace odradek::record {
namespace {

constexpr size_t legacy_crc_at = 12;
constexpr size_t flush_size = 32 * 1024;  // small records go to the codec together

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

DownConversion::DownConversion(const BatchEntry& entry, int8_t magic, Offset first_wanted, Bytes& out,
                               size_t plain_size_max)
    : entry_(entry), magic_(magic), first_wanted_(first_wanted), out_(out), plain_size_max_(plain_size_max) {}

DownConversion::~DownConversion() = default;

Result<bool> DownConversion::step(size_t budget) {
  if (!reader_) {
    TRY(begin());
  }
  for (size_t spent = 0; spent < budget && !is_done_;) {
    if (inner_.size() >= flush_size) {
      spent += compress_some();
      continue;
    }
    TRY(const ReadStep read, reader_->next());
    switch (read) {
      case ReadStep::Record:
        spent += reader_->record().size;
        TRY(take(reader_->record()));
        break;
      case ReadStep::Pause: return false;
      case ReadStep::End: finish(); break;
    }
  }
  return is_done_;
}

Result<> DownConversion::begin() {
  if (entry_.header.magic <= magic_) {
    out_.insert(out_.end(), entry_.bytes.begin(), entry_.bytes.end());
    is_done_ = true;
    return {};
  }
  if (entry_.header.is_control()) {
    is_done_ = true;
    return {};
  }
  TRY(codec_, entry_.header.codec());
  if (codec_ == Codec::Zstd) {
    return fail(Errc::UnsupportedCompressionType, "consumers of this age cannot read zstd");
  }
  if (magic_ == 1) {
    time_bit_ = static_cast<int16_t>(entry_.header.attributes & log_append_time_bit);
  }
  if (codec_ != Codec::None) {
    compressor_ = make_compressor(codec_, {}, compressed_, magic_);
  }
  reader_.emplace(entry_.bytes, RecordReaderOptions{.record_size_max = plain_size_max_});
  return {};
}

Result<> DownConversion::take(const RecordView& record) {
  plain_size_ += record.size;
  if (plain_size_ > plain_size_max_) {
    return fail(Errc::RecordTooLarge, "a batch is too large to be converted for an old consumer");
  }
  if (record.offset < first_wanted_) {
    return {};
  }
  if (codec_ == Codec::None) {
    append_legacy_entry(out_, magic_, record.offset, record.timestamp, time_bit_, record.key, record.value);
    return {};
  }
  if (count_++ == 0) {
    first_ = record.offset;
  }
  last_ = record.offset;
  max_timestamp_ = std::max(max_timestamp_, record.timestamp);
  // Inner offsets of v1 count from the set's first record, which is the first one wanted.
  const Offset stored = magic_ == 1 ? Offset{record.offset - first_} : record.offset;
  append_legacy_entry(inner_, magic_, stored, record.timestamp, time_bit_, record.key, record.value);
  return {};
}

// One piece of inner_, which is emptied when the codec has all of it; the bytes taken.
size_t DownConversion::compress_some() {
  const ByteView left = ByteView(inner_).subspan(compressed_to_);
  const ByteView piece = left.first(std::min(left.size(), 2 * flush_size));
  compressor_->write(piece);
  compressed_to_ += piece.size();
  if (compressed_to_ == inner_.size()) {
    inner_.clear();
    compressed_to_ = 0;
  }
  return piece.size();
}

void DownConversion::finish() {
  is_done_ = true;
  if (count_ == 0) {
    return;
  }
  compressor_->write(inner_);
  compressor_->finish();
  append_legacy_entry(out_, magic_, last_, max_timestamp_,
                      static_cast<int16_t>(static_cast<int16_t>(codec_) | time_bit_), std::nullopt, compressed_);
}

}  // namespace odradek::record
