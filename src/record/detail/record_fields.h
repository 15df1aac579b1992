// The fields of one v2 record, after its length: parsed in one place for reading and for validation.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/varint.h"

namespace odradek::record::detail {

struct RecordFieldsView {
  int64_t timestamp_delta = 0;
  int32_t offset_delta = 0;
  bool has_key = false;
  bool has_value = false;
  ByteView key;
  ByteView value;
  int32_t header_count = 0;
  ByteView headers;  // after their count
};

// Takes numbers and stretches from the front of bytes; after a failure everything fails.
class FieldCursor {
 public:
  explicit FieldCursor(ByteView bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] ByteView rest() const { return bytes_; }

  int32_t varint() {
    if (!bytes_.empty() && bytes_[0] < 0x80) [[likely]] {
      const int32_t value = unzigzag(uint32_t{bytes_[0]});
      bytes_ = bytes_.subspan(1);
      return value;
    }
    if (bytes_.size() >= 2 && bytes_[1] < 0x80) {
      const int32_t value = unzigzag((bytes_[0] & 0x7FU) | uint32_t{bytes_[1]} << 7);
      bytes_ = bytes_.subspan(2);
      return value;
    }
    int32_t value = 0;
    took(read_varint(bytes_, value));
    return value;
  }

  int64_t varlong() {
    if (!bytes_.empty() && bytes_[0] < 0x80) [[likely]] {
      const int64_t value = unzigzag(uint64_t{bytes_[0]});
      bytes_ = bytes_.subspan(1);
      return value;
    }
    if (bytes_.size() >= 2 && bytes_[1] < 0x80) {
      const int64_t value = unzigzag((bytes_[0] & 0x7FU) | uint64_t{bytes_[1]} << 7);
      bytes_ = bytes_.subspan(2);
      return value;
    }
    int64_t value = 0;
    took(read_varlong(bytes_, value));
    return value;
  }

  // A negative size is null: nothing is taken.
  ByteView stretch(int32_t size) {
    if (size <= 0) {
      return {};
    }
    if (static_cast<size_t>(size) > bytes_.size()) {
      fail_here();
      return {};
    }
    const ByteView taken = bytes_.first(static_cast<size_t>(size));
    bytes_ = bytes_.subspan(static_cast<size_t>(size));
    return taken;
  }

  void fail_here() {
    ok_ = false;
    bytes_ = {};
  }

 private:
  void took(size_t size) {
    if (size == 0) {
      fail_here();
    } else {
      bytes_ = bytes_.subspan(size);
    }
  }

  ByteView bytes_;
  bool ok_ = true;
};

// Parses the bytes of one record after its length; what is wrong, or null. Headers are walked, not kept.
[[nodiscard]] inline const char* parse_record_fields(ByteView record, RecordFieldsView& out) {
  FieldCursor cursor(record);
  if (record.empty()) {
    return "a record without its attributes";
  }
  cursor.stretch(1);  // the attributes, which mean nothing
  out.timestamp_delta = cursor.varlong();
  out.offset_delta = cursor.varint();
  const int32_t key_size = cursor.varint();
  out.has_key = key_size >= 0;
  out.key = cursor.stretch(key_size);
  const int32_t value_size = cursor.varint();
  out.has_value = value_size >= 0;
  out.value = cursor.stretch(value_size);
  out.header_count = cursor.varint();
  out.headers = cursor.rest();
  if (out.header_count < 0) {
    return "a negative number of record headers";
  }
  for (int32_t i = 0; i < out.header_count && cursor.ok(); ++i) {
    const int32_t header_key_size = cursor.varint();
    if (header_key_size < 0) {
      return "a record header without a key";
    }
    cursor.stretch(header_key_size);
    cursor.stretch(cursor.varint());
  }
  if (!cursor.ok()) {
    return "a record's fields reach past its end";
  }
  return cursor.rest().empty() ? nullptr : "a record is longer than its fields";
}

}  // namespace odradek::record::detail
