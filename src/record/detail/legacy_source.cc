// The records of one entry of format v0 or v1: itself, or those of the compressed set it wraps.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/big_endian.h"
#include "record/detail/plain_window.h"
#include "record/detail/record_source.h"
#include "record/legacy.h"

namespace odradek::record::detail {
namespace {

Result<> fill_record(ByteView entry, Offset offset, int64_t timestamp, RecordView& record) {
  TRY(const LegacyFields fields, parse_legacy_fields(entry));
  record = {.offset = offset,
            .timestamp = timestamp,
            .size = static_cast<uint32_t>(entry.size()),
            .key = fields.key,
            .value = fields.value,
            .headers = {}};
  return {};
}

class PlainEntrySource : public RecordSource {
 public:
  PlainEntrySource(ByteView entry, const BatchHeader& header) : entry_(entry), header_(header) {}

  Result<ReadStep> next(RecordView& record) override {
    if (std::exchange(is_given_, true)) {
      return ReadStep::End;
    }
    TRY(fill_record(entry_, header_.base_offset, header_.max_timestamp, record));
    return ReadStep::Record;
  }

 private:
  ByteView entry_;
  BatchHeader header_;
  bool is_given_ = false;
};

// Inner offsets of format v1 count from the first inner record, while the wrapper has the offset of the last: so a
// first pass finds the last inner offset.
class SetSource : public RecordSource {
 public:
  SetSource(ByteView entry, const BatchHeader& header, Codec codec, const RecordReaderOptions& options)
      : entry_(entry), header_(header), codec_(codec), options_(options), is_measuring_(header.magic == 1) {}

  Result<ReadStep> next(RecordView& record) override {
    if (!window_) {
      TRY(open());
    }
    return is_measuring_ ? measure() : read(record);
  }

 private:
  Result<> open() {
    TRY(const LegacyFields fields, parse_legacy_fields(entry_));
    if (!fields.value) {
      return fail(Errc::InvalidRecord, "a compressed set without its records");
    }
    window_.emplace(make_decompressor(codec_, *fields.value, header_.magic));
    return {};
  }

  // Walks the inner entries by their sizes alone, one window a step. One cut short at the end does not count.
  Result<ReadStep> measure() {
    for (;;) {
      const size_t skipped = std::min(skip_, window_->unread().size());
      window_->consume(skipped);
      skip_ -= skipped;
      if (skip_ == 0) {
        last_inner_ = measured_;
      }
      if (skip_ > 0 || window_->unread().size() < magic_end) {
        TRY(const bool is_more, window_->fill());
        if (!is_more) {
          is_measuring_ = false;
          TRY(open());
        }
        return ReadStep::Pause;
      }
      TRY(skip_, inner_size());
      measured_ = load_big_endian<int64_t>(window_->unread().data());
    }
  }

  Result<ReadStep> read(RecordView& record) {
    window_->consume(std::exchange(consumed_, 0));
    bool has_filled = false;
    for (;;) {
      const ByteView unread = window_->unread();
      if (unread.size() >= magic_end) {
        TRY(const uint32_t size, inner_size());
        if (size <= unread.size()) {
          consumed_ = size;
          has_inner_ = true;
          return give(unread.first(size), record);
        }
      }
      if (std::exchange(has_filled, true)) {
        return ReadStep::Pause;
      }
      TRY(const bool is_more, window_->fill());
      if (!is_more) {
        // An inner entry cut short at the end is not seen, as in Kafka.
        return has_inner_ ? Result<ReadStep>(ReadStep::End)
                          : fail(Errc::InvalidRecord, "a compressed set without inner records");
      }
    }
  }

  // Size of the inner entry at the window's front, whose first magic_end bytes are in hand.
  Result<uint32_t> inner_size() {
    const ByteView unread = window_->unread();
    TRY(const uint32_t size, parse_entry_size(unread));
    if (static_cast<int8_t>(unread[magic_at]) != header_.magic) {
      return fail(Errc::InvalidRecord, "an inner record of another format than its set");
    }
    if (size > options_.record_size_max) {
      return fail(Errc::InvalidRecord, "a record is larger than allowed");
    }
    return size;
  }

  Result<ReadStep> give(ByteView inner, RecordView& record) {
    TRY(const BatchHeader fields, parse_batch_header(inner));
    if (fields.is_compressed()) {
      return fail(Errc::InvalidRecord, "an inner record that is compressed itself");
    }
    if (options_.check_inner_crc) {
      TRY(check_batch(inner));
    }
    TRY(fill_record(inner, absolute(fields.base_offset), timestamp(fields), record));
    return ReadStep::Record;
  }

  [[nodiscard]] Offset absolute(Offset inner) const {
    if (header_.magic == 0) {
      return inner;
    }
    // Unsigned, because hostile offsets may be anything.
    return Offset{static_cast<int64_t>(static_cast<uint64_t>(header_.last_offset.raw()) -
                                       static_cast<uint64_t>(last_inner_) + static_cast<uint64_t>(inner.raw()))};
  }

  [[nodiscard]] int64_t timestamp(const BatchHeader& inner) const {
    return header_.timestamp_type() == TimestampType::LogAppendTime ? header_.max_timestamp : inner.max_timestamp;
  }

  ByteView entry_;
  BatchHeader header_;
  Codec codec_;
  RecordReaderOptions options_;
  std::optional<PlainWindow> window_;
  bool is_measuring_;
  bool has_inner_ = false;  // a whole inner entry was read
  int64_t last_inner_ = 0;  // offset of the last whole inner entry
  int64_t measured_ = 0;    // of the one being measured
  size_t skip_ = 0;         // of the entry being measured
  size_t consumed_ = 0;     // of the window, by the record given out
};

}  // namespace

std::unique_ptr<RecordSource> make_legacy_source(ByteView entry, const BatchHeader& header, Codec codec,
                                                 const RecordReaderOptions& options) {
  if (codec == Codec::None) {
    return std::make_unique<PlainEntrySource>(entry, header);
  }
  return std::make_unique<SetSource>(entry, header, codec, options);
}

}  // namespace odradek::record::detail
