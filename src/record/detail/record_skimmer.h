// Walks v2 records as their plain bytes come by, keeping nothing but the facts a leader checks.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace odradek::record::detail {

struct SkimmedRecord {
  int64_t timestamp_delta = 0;
  int32_t offset_delta = 0;
  bool has_key = false;
};

// Push parser: stretches may end anywhere, so a record of any size takes no memory.
class RecordSkimmer {
 public:
  explicit RecordSkimmer(size_t record_size_max) : record_size_max_(record_size_max) {}

  // Takes bytes from the front of `plain`; true when a record ended (`out` is filled), false when all are taken.
  // Errc::InvalidRecord.
  [[nodiscard]] Result<bool> next(ByteView& plain, SkimmedRecord& out);

  // Whether a record has begun and not ended.
  [[nodiscard]] bool is_inside() const { return field_ != Field::Length || number_size_ > 0; }

 private:
  enum class Field : uint8_t {
    Length,
    Attributes,
    TimestampDelta,
    OffsetDelta,
    KeySize,
    Key,
    ValueSize,
    Value,
    HeaderCount,
    HeaderKeySize,
    HeaderKey,
    HeaderValueSize,
    HeaderValue,
  };

  [[nodiscard]] Result<bool> next_whole(ByteView& plain, SkimmedRecord& out);
  [[nodiscard]] Result<bool> next_in_pieces(ByteView& plain, SkimmedRecord& out);
  [[nodiscard]] Result<bool> take_number(ByteView& plain, size_t size_max);
  [[nodiscard]] bool take_stretch(ByteView& plain);
  [[nodiscard]] Result<> begin_stretch(Field stretch);
  [[nodiscard]] Result<> begin_record();
  [[nodiscard]] Result<> after_number();
  [[nodiscard]] Result<bool> finish_field(SkimmedRecord& out);
  [[nodiscard]] int32_t number() const;

  size_t record_size_max_;
  Field field_ = Field::Length;
  SkimmedRecord current_;
  uint64_t number_ = 0;      // being put together
  size_t number_size_ = 0;   // bytes of it so far
  size_t body_left_ = 0;     // bytes of the record not yet taken
  size_t stretch_left_ = 0;  // of the key, value or attributes being skipped
  int32_t headers_left_ = 0;
};

}  // namespace odradek::record::detail
