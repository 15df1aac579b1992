#include "record/detail/record_skimmer.h"

#include <algorithm>
#include <utility>

#include "base/ensure.h"
#include "base/varint.h"
#include "record/detail/record_fields.h"

namespace odradek::record::detail {

Result<bool> RecordSkimmer::next(ByteView& plain, SkimmedRecord& out) {
  if (!is_inside()) [[likely]] {
    TRY(const bool is_whole, next_whole(plain, out));
    if (is_whole) {
      return true;
    }
  }
  return next_in_pieces(plain, out);
}

// The usual case: all of the record is in hand.
Result<bool> RecordSkimmer::next_whole(ByteView& plain, SkimmedRecord& out) {
  int32_t length = 0;
  const size_t body_at = read_varint(plain, length);
  if (body_at == 0 || length < 0 || static_cast<size_t>(length) > plain.size() - body_at ||
      static_cast<size_t>(length) > record_size_max_) {
    return false;
  }
  RecordFieldsView fields;
  if (const char* wrong = parse_record_fields(plain.subspan(body_at, static_cast<size_t>(length)), fields)) {
    return fail(Errc::InvalidRecord, wrong);
  }
  out = {.timestamp_delta = fields.timestamp_delta, .offset_delta = fields.offset_delta, .has_key = fields.has_key};
  plain = plain.subspan(body_at + static_cast<size_t>(length));
  return true;
}

Result<bool> RecordSkimmer::next_in_pieces(ByteView& plain, SkimmedRecord& out) {
  while (!plain.empty()) {
    switch (field_) {
      case Field::Attributes:
      case Field::Key:
      case Field::Value:
      case Field::HeaderKey:
      case Field::HeaderValue:
        if (!take_stretch(plain)) {
          return false;
        }
        break;
      case Field::TimestampDelta: {
        TRY(const bool is_read, take_number(plain, varint64_size_max));
        if (!is_read) {
          return false;
        }
        TRY(after_number());
        break;
      }
      case Field::Length:
      case Field::OffsetDelta:
      case Field::KeySize:
      case Field::ValueSize:
      case Field::HeaderCount:
      case Field::HeaderKeySize:
      case Field::HeaderValueSize: {
        TRY(const bool is_read, take_number(plain, varint32_size_max));
        if (!is_read) {
          return false;
        }
        TRY(after_number());
        break;
      }
    }
    if (stretch_left_ == 0) {
      TRY(const bool is_done, finish_field(out));
      if (is_done) {
        return true;
      }
    }
  }
  return false;
}

Result<bool> RecordSkimmer::take_number(ByteView& plain, size_t size_max) {
  const bool in_body = field_ != Field::Length;
  if (number_size_ == 0) {
    number_ = 0;
  }
  while (!plain.empty()) {
    if (number_size_ == size_max || (in_body && body_left_ == 0)) {
      return fail(Errc::InvalidRecord, "a record's number is too long");
    }
    const uint8_t byte = plain[0];
    plain = plain.subspan(1);
    body_left_ -= in_body ? 1 : 0;
    number_ |= static_cast<uint64_t>(byte & 0x7F) << (7 * number_size_);
    ++number_size_;
    if ((byte & 0x80) == 0) {
      number_size_ = 0;
      return true;
    }
  }
  return false;
}

// True when the stretch is behind us; the field after it is next.
bool RecordSkimmer::take_stretch(ByteView& plain) {
  const size_t size = std::min(stretch_left_, plain.size());
  plain = plain.subspan(size);
  stretch_left_ -= size;
  return stretch_left_ == 0;
}

int32_t RecordSkimmer::number() const { return unzigzag(static_cast<uint32_t>(number_)); }

Result<> RecordSkimmer::begin_stretch(Field stretch) {
  const int32_t size = number();
  stretch_left_ = size < 0 ? 0 : static_cast<size_t>(size);
  if (stretch_left_ > body_left_) {
    return fail(Errc::InvalidRecord, "a record's fields reach past its end");
  }
  body_left_ -= stretch_left_;
  field_ = stretch;
  return {};
}

Result<> RecordSkimmer::begin_record() {
  const int32_t length = number();
  if (length < 1) {
    return fail(Errc::InvalidRecord, "a record of no or negative length");
  }
  if (static_cast<size_t>(length) > record_size_max_) {
    return fail(Errc::InvalidRecord, "a record is larger than allowed");
  }
  body_left_ = static_cast<size_t>(length) - 1;
  stretch_left_ = 1;
  field_ = Field::Attributes;
  current_ = {};
  return {};
}

// A number is read: what it means, and what follows.
Result<> RecordSkimmer::after_number() {
  switch (field_) {
    case Field::Length: return begin_record();
    case Field::TimestampDelta:
      current_.timestamp_delta = unzigzag(number_);
      field_ = Field::OffsetDelta;
      return {};
    case Field::OffsetDelta:
      current_.offset_delta = number();
      field_ = Field::KeySize;
      return {};
    case Field::KeySize: current_.has_key = number() >= 0; return begin_stretch(Field::Key);
    case Field::ValueSize: return begin_stretch(Field::Value);
    case Field::HeaderCount:
      headers_left_ = number();
      if (headers_left_ < 0) {
        return fail(Errc::InvalidRecord, "a negative number of record headers");
      }
      return {};
    case Field::HeaderKeySize:
      if (number() < 0) {
        return fail(Errc::InvalidRecord, "a record header without a key");
      }
      return begin_stretch(Field::HeaderKey);
    case Field::HeaderValueSize: return begin_stretch(Field::HeaderValue);
    case Field::Attributes:
    case Field::Key:
    case Field::Value:
    case Field::HeaderKey:
    case Field::HeaderValue: break;
  }
  unreachable();
}

// A field is behind us: which one is next; true when that was the end of the record.
Result<bool> RecordSkimmer::finish_field(SkimmedRecord& out) {
  switch (field_) {
    case Field::Attributes: field_ = Field::TimestampDelta; return false;
    case Field::Key: field_ = Field::ValueSize; return false;
    case Field::Value: field_ = Field::HeaderCount; return false;
    case Field::HeaderKey: field_ = Field::HeaderValueSize; return false;
    case Field::HeaderValue: --headers_left_; break;
    case Field::HeaderCount: break;
    case Field::Length:
    case Field::TimestampDelta:
    case Field::OffsetDelta:
    case Field::KeySize:
    case Field::ValueSize:
    case Field::HeaderKeySize:
    case Field::HeaderValueSize: return false;
  }
  if (headers_left_ > 0) {
    field_ = Field::HeaderKeySize;
    return false;
  }
  if (body_left_ != 0) {
    return fail(Errc::InvalidRecord, "a record is longer than its fields");
  }
  field_ = Field::Length;
  out = current_;
  return true;
}

}  // namespace odradek::record::detail
