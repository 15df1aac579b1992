#include "record/batch_reader.h"

#include <utility>

#include "record/detail/record_fields.h"
#include "record/detail/record_source.h"

namespace odradek::record {

Result<std::optional<BatchEntry>> BatchScanner::next() {
  const ByteView rest = bytes_.subspan(position_);
  if (rest.size() < magic_end) {
    return std::nullopt;
  }
  TRY(const uint32_t size, parse_entry_size(rest));
  if (size > rest.size()) {
    return std::nullopt;
  }
  const ByteView entry = rest.first(size);
  TRY(const BatchHeader header, parse_batch_header(entry));
  BatchEntry found{.position = position_, .bytes = entry, .header = header};
  position_ += size;
  return found;
}

std::optional<RecordHeader> RecordHeaders::next() {
  if (count_ == 0) {
    return std::nullopt;
  }
  --count_;
  detail::FieldCursor cursor(bytes_);
  RecordHeader header;
  header.key = as_text(cursor.stretch(cursor.varint()));
  const int32_t value_size = cursor.varint();
  if (value_size >= 0) {
    header.value = cursor.stretch(value_size);
  }
  ensure(cursor.ok(), "headers are checked before they are walked");
  bytes_ = cursor.rest();
  return header;
}

namespace {

Result<std::unique_ptr<detail::RecordSource>> open(ByteView entry, const RecordReaderOptions& options) {
  TRY(const BatchHeader header, parse_batch_header(entry));
  if (header.size != entry.size()) {
    return fail(Errc::CorruptMessage, "a batch's length is not that of its bytes");
  }
  TRY(const Codec codec, header.codec());
  return header.magic >= 2 ? detail::make_v2_source(entry, header, codec, options)
                           : detail::make_legacy_source(entry, header, codec, options);
}

}  // namespace

RecordReader::RecordReader(ByteView entry, RecordReaderOptions options) {
  auto source = open(entry, options);
  if (source) {
    source_ = *std::move(source);
  } else {
    failure_ = std::move(source).error();
  }
}

RecordReader::~RecordReader() = default;
RecordReader::RecordReader(RecordReader&&) noexcept = default;
RecordReader& RecordReader::operator=(RecordReader&&) noexcept = default;

Result<ReadStep> RecordReader::next() {
  if (failure_) {
    return std::unexpected(*failure_);
  }
  Result<ReadStep> step = source_->next(record_);
  if (!step) {
    failure_ = step.error();
  }
  return step;
}

Result<std::optional<RecordView>> RecordReader::next_record() {
  for (;;) {
    TRY(const ReadStep step, next());
    switch (step) {
      case ReadStep::Record: return record_;
      case ReadStep::End: return std::nullopt;
      case ReadStep::Pause: break;
    }
  }
}

}  // namespace odradek::record
