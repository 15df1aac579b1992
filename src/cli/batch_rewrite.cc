#include "cli/batch_rewrite.h"

#include <cstdint>
#include <memory>
#include <optional>

#include "record/batch_builder.h"
#include "record/batch_reader.h"
#include "record/compression.h"
#include "record/legacy.h"

namespace odradek::cli {

namespace {

using record::BatchEntry;
using record::BatchHeader;
using record::RecordReader;
using record::RecordView;

// Log append time hides the timestamps of the producer, which are still stored: the entry as if it were not set.
Bytes with_producer_timestamps(const BatchEntry& entry) {
  Bytes bytes(entry.bytes.begin(), entry.bytes.end());
  if (entry.header.magic == 1) {
    bytes[record::magic_end] = static_cast<uint8_t>(bytes[record::magic_end] & ~record::log_append_time_bit);
  } else if (entry.header.magic == 2) {
    uint8_t& low = bytes[record::attributes_at + 1];
    low = static_cast<uint8_t>(low & ~record::log_append_time_bit);
  }
  return bytes;
}

void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

Result<> rewrite_v2(const BatchEntry& entry, Bytes& out) {
  const BatchHeader& header = entry.header;
  if (header.base_offset.raw() > INT64_MAX - INT32_MAX) {
    return fail(Errc::InvalidRecord, "a batch beyond the largest offset");
  }
  TRY(const record::Codec codec, header.codec());
  // The builder counts timestamps from the horizon where there is one, as the reader does from the header's field.
  record::BatchBuilder builder(
      {.base_offset = header.base_offset, .codec = codec, .delete_horizon = header.base_timestamp});
  const Bytes plain = with_producer_timestamps(entry);
  RecordReader reader(plain);
  for (;;) {
    TRY(const std::optional<RecordView> record, reader.next_record());
    if (!record) {
      break;
    }
    if (record->offset < builder.next_offset()) {
      return fail(Errc::InvalidRecord, "records whose offsets do not rise");
    }
    builder.append_at(record->offset, *record);
  }
  // What the header says of the whole batch stays: compaction, for one, leaves it as it was.
  Bytes batch = builder.finish();
  record::write_batch_header(header, ByteView(batch).subspan(record::batch_header_size), batch);
  append(out, batch);
  return {};
}

Result<> rewrite_legacy_set(const BatchEntry& entry, const record::LegacyFields& fields, Bytes& out) {
  const BatchHeader& header = entry.header;
  TRY(const record::Codec codec, header.codec());
  Bytes compressed;
  const auto compressor = record::make_compressor(codec, {}, compressed, header.magic);
  const Bytes plain = with_producer_timestamps(entry);
  RecordReader reader(plain);
  std::optional<Offset> first;
  Bytes inner;
  for (;;) {
    TRY(const std::optional<RecordView> record, reader.next_record());
    if (!record) {
      break;
    }
    first = first.value_or(record->offset);
    if (record->offset < *first) {
      return fail(Errc::InvalidRecord, "records whose offsets do not rise");
    }
    // Inner offsets of v1 count from the set's first record.
    const Offset stored = header.magic == 1 ? Offset{record->offset - *first} : record->offset;
    inner.clear();
    record::append_legacy_entry(inner, header.magic, stored, record->timestamp, 0, record->key, record->value);
    compressor->write(inner);
  }
  compressor->finish();
  record::append_legacy_entry(out, header.magic, header.last_offset, header.base_timestamp, header.attributes,
                              fields.key, compressed);
  return {};
}

Result<> rewrite_legacy(const BatchEntry& entry, Bytes& out) {
  const BatchHeader& header = entry.header;
  TRY(const record::LegacyFields fields, record::parse_legacy_fields(entry.bytes));
  if (header.is_compressed()) {
    return rewrite_legacy_set(entry, fields, out);
  }
  record::append_legacy_entry(out, header.magic, header.base_offset, header.base_timestamp, header.attributes,
                              fields.key, fields.value);
  return {};
}

}  // namespace

Result<Bytes> rewrite_batches(ByteView bytes) {
  Bytes out;
  record::BatchScanner scanner(bytes);
  for (;;) {
    TRY(const std::optional<BatchEntry> entry, scanner.next());
    if (!entry) {
      return out;
    }
    TRY(entry->header.magic == 2 ? rewrite_v2(*entry, out) : rewrite_legacy(*entry, out));
  }
}

}  // namespace odradek::cli
