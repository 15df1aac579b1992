#include "record/describe.h"

#include "base/arithmetic.h"
#include "base/big_endian.h"
#include "record/batch_reader.h"
#include "record/compression.h"

namespace odradek::record {
namespace {

constexpr size_t shown_section_max = 4096;

std::optional<Bytes> copy(const std::optional<ByteView>& bytes) {
  return bytes ? std::optional(Bytes(bytes->begin(), bytes->end())) : std::nullopt;
}

Result<RecordDescription> describe_record(const BatchHeader& batch, const RecordView& record) {
  RecordDescription out;
  out.offset = record.offset;
  out.timestamp = record.timestamp;
  out.size = record.size;
  if (batch.base_sequence != no_sequence) {
    // As the record says it; where the batch begins near the largest offset, adding the two went round.
    const int64_t delta = wrapping_sub(record.offset.raw(), batch.base_offset.raw());
    out.sequence = add_sequence(batch.base_sequence, static_cast<int32_t>(delta));
  }
  out.key = copy(record.key);
  out.value = copy(record.value);
  RecordHeaders headers = record.headers;
  while (const std::optional<RecordHeader> header = headers.next()) {
    out.headers.emplace_back(std::string(header->key), copy(header->value));
  }
  if (batch.is_control()) {
    TRY(out.control_type, parse_control_type(record));
    out.control_number = load_big_endian<int16_t>(record.key->data() + sizeof(int16_t));
    if (out.control_type == ControlType::Abort || out.control_type == ControlType::Commit) {
      TRY(out.marker, parse_marker(*out.control_type, record));
    }
  }
  return out;
}

// Measures the plain records section, and keeps it if it is small.
Result<> describe_section(ByteView entry, BatchDescription& out, size_t plain_size_max) {
  TRY(const Codec codec, out.header.codec());
  if (out.header.magic < 2 || codec == Codec::None || entry.size() == batch_header_size) {
    return {};
  }
  const auto decompressor = make_decompressor(codec, entry.subspan(batch_header_size));
  Bytes window(size_t{64} << 10);
  size_t size = 0;
  for (;;) {
    TRY(const size_t added, decompressor->read(window));
    if (added == 0) {
      break;
    }
    size += added;
    if (size > plain_size_max) {
      return fail(Errc::RecordTooLarge, "a batch has too many plain bytes to be described");
    }
    if (size <= shown_section_max) {
      out.records_bytes.insert(out.records_bytes.end(), window.begin(), window.begin() + static_cast<ptrdiff_t>(added));
    }
  }
  if (size > shown_section_max) {
    out.records_bytes.clear();
  }
  out.records_size = size;
  return {};
}

Result<> describe_records(ByteView entry, BatchDescription& out, size_t plain_size_max) {
  TRY(describe_section(entry, out, plain_size_max));
  RecordReader reader(entry, {.record_size_max = plain_size_max, .check_inner_crc = true});
  size_t size = 0;
  for (;;) {
    TRY(const std::optional<RecordView> record, reader.next_record());
    if (!record) {
      return {};
    }
    size += record->size;
    if (size > plain_size_max) {
      return fail(Errc::RecordTooLarge, "a batch has too many plain bytes to be described");
    }
    TRY(RecordDescription described, describe_record(out.header, *record));
    if (out.records.empty() && out.header.magic < 2) {
      out.first_offset = record->offset;
    }
    out.records.push_back(std::move(described));
  }
}

}  // namespace

Description describe_batches(ByteView bytes, size_t plain_size_max) {
  Description out;
  BatchScanner scanner(bytes);
  for (;;) {
    const Result<std::optional<BatchEntry>> entry = scanner.next();
    if (!entry) {
      // An entry whose size can be told is found, but not valid.
      const bool is_found = parse_entry_size(bytes.subspan(scanner.position())).has_value();
      out.failure = {.stage = is_found ? DescribeStage::EnsureValid : DescribeStage::Batches, .error = entry.error()};
      break;
    }
    if (!*entry) {
      break;
    }
    BatchDescription found;
    found.position = (*entry)->position;
    found.header = (*entry)->header;
    found.first_offset = found.header.base_offset;
    out.batches.push_back(std::move(found));
  }
  out.bytes_left = scanner.remaining();

  for (BatchDescription& batch : out.batches) {
    const ByteView entry = bytes.subspan(batch.position, batch.header.size);
    if (const Result<> valid = check_batch(entry); !valid) {
      out.failure = {.stage = DescribeStage::EnsureValid, .error = valid.error()};
      break;
    }
    if (const Result<> read = describe_records(entry, batch, plain_size_max); !read) {
      out.failure = {.stage = DescribeStage::Records, .error = read.error()};
      break;
    }
  }
  return out;
}

}  // namespace odradek::record
