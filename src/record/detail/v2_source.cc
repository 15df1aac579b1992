// The records of one v2 batch.
#include <utility>

#include "base/arithmetic.h"
#include "base/varint.h"
#include "record/detail/plain_window.h"
#include "record/detail/record_fields.h"
#include "record/detail/record_source.h"

namespace odradek::record::detail {
namespace {

class V2Source : public RecordSource {
 public:
  V2Source(ByteView entry, const BatchHeader& header, Codec codec, const RecordReaderOptions& options)
      : header_(header), record_size_max_(options.record_size_max), window_(open(entry, codec)) {}

  Result<ReadStep> next(RecordView& record) override {
    window_.consume(std::exchange(consumed_, 0));
    if (header_.record_count < 0) {
      return fail(Errc::InvalidRecord, "a batch with a negative record count");
    }
    if (count_ == header_.record_count) {
      return end();
    }
    bool has_filled = false;
    for (;;) {
      TRY(const size_t size, whole_record());
      if (size > 0) {
        return parse(size, record);
      }
      if (std::exchange(has_filled, true)) {
        return ReadStep::Pause;
      }
      TRY(const bool is_more, window_.fill());
      if (!is_more) {
        return fail(Errc::InvalidRecord, "a batch has fewer records than it says");
      }
    }
  }

 private:
  static PlainWindow open(ByteView entry, Codec codec) {
    const ByteView records = entry.subspan(batch_header_size);
    // A batch that compaction emptied may still name its codec.
    return codec == Codec::None || records.empty() ? PlainWindow(records)
                                                   : PlainWindow(make_decompressor(codec, records));
  }

  Result<ReadStep> end() {
    if (window_.unread().empty()) {
      TRY(window_.fill());
    }
    if (!window_.unread().empty()) {
      return fail(Errc::InvalidRecord, "a batch has more records than it says");
    }
    return ReadStep::End;
  }

  // Bytes of the next record if all of it is in hand, else 0. Remembers where its body begins.
  Result<size_t> whole_record() {
    const ByteView unread = window_.unread();
    int32_t length = 0;
    body_at_ = read_varint(unread, length);
    if (body_at_ == 0) {
      if (unread.size() >= varint32_size_max) {
        return fail(Errc::InvalidRecord, "a record's length is no number");
      }
      return size_t{0};
    }
    if (length < 0) {
      return fail(Errc::InvalidRecord, "a record of negative length");
    }
    const size_t size = body_at_ + static_cast<size_t>(length);
    if (size > record_size_max_) {
      return fail(Errc::InvalidRecord, "a record is larger than allowed");
    }
    return size <= unread.size() ? size : 0;
  }

  Result<ReadStep> parse(size_t size, RecordView& record) {
    RecordFieldsView fields;
    if (const char* wrong = parse_record_fields(window_.unread().subspan(body_at_, size - body_at_), fields)) {
      return fail(Errc::InvalidRecord, wrong);
    }
    record.offset = Offset{wrapping_add(header_.base_offset.raw(), fields.offset_delta)};
    record.timestamp = header_.timestamp_type() == TimestampType::LogAppendTime
                           ? header_.max_timestamp
                           : wrapping_add(header_.base_timestamp, fields.timestamp_delta);
    record.size = static_cast<uint32_t>(size);
    record.key = fields.has_key ? std::optional(fields.key) : std::nullopt;
    record.value = fields.has_value ? std::optional(fields.value) : std::nullopt;
    record.headers = RecordHeaders(fields.headers, fields.header_count);
    consumed_ = size;
    ++count_;
    return ReadStep::Record;
  }

  BatchHeader header_;
  size_t record_size_max_;
  PlainWindow window_;
  size_t body_at_ = 0;
  size_t consumed_ = 0;  // of the window, by the record given out
  int32_t count_ = 0;
};

}  // namespace

std::unique_ptr<RecordSource> make_v2_source(ByteView entry, const BatchHeader& header, Codec codec,
                                             const RecordReaderOptions& options) {
  return std::make_unique<V2Source>(entry, header, codec, options);
}

}  // namespace odradek::record::detail
