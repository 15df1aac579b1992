// Writes the fields of a message: one buffer that grows, and around it the Blobs that are not copied.
//
// A Blob in memory of less than `copy_below` bytes is copied into the buffer; larger ones and file ranges become
// pieces of their own in the ByteChain. The first trouble is kept and makes finish() fail; writing goes on until
// then without harm, so callers need to look only once.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/big_endian.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/uuid.h"
#include "base/varint.h"
#include "protocol/text.h"
#include "protocol/unknown_tags.h"

namespace odradek::protocol {

class Writer {
 public:
  static constexpr size_t copy_below = 1024;

  explicit Writer(size_t expected_size = 256) : buffer_(prefix_size + expected_size) {}

  // What was written. Errc::UnsupportedVersion or Errc::InvalidRequest if the message could not be.
  [[nodiscard]] Result<ByteChain> finish() &&;
  // The same with the int32 of its size in front, as frames are sent.
  [[nodiscard]] Result<ByteChain> finish_frame() &&;
  // The same in one piece; not for messages that hold file ranges.
  [[nodiscard]] Result<Bytes> finish_bytes() &&;

  [[nodiscard]] bool ok() const { return !error_; }

  // Whether the message has this version; trouble if not.
  [[nodiscard]] bool accepts(int16_t version, int16_t first, int16_t last, std::string_view message);
  // A field that is set, though this version has no place for it.
  void foreign(std::string_view field);

  template <std::integral T>
  void integer(T value) {
    store_big_endian(room(sizeof(T)), value);
    used_ += sizeof(T);
  }
  void boolean(bool value) { integer(static_cast<uint8_t>(value ? 1 : 0)); }
  void float64(double value) { integer(std::bit_cast<uint64_t>(value)); }
  void uuid(const Uuid& value) {
    integer(value.most());
    integer(value.least());
  }
  void unsigned_varint(uint32_t value) {
    uint8_t* to = room(varint32_size_max);
    if (value < 0x80) [[likely]] {
      *to = static_cast<uint8_t>(value);
      ++used_;
    } else {
      used_ += write_unsigned_varint(to, value);
    }
  }

  // `flexible` picks the form of the length, as in Reader.
  void text(const Text& value, bool flexible) {
    text_size(value.size(), flexible);
    raw(as_bytes(value.view()));
  }
  void text(const std::optional<Text>& value, bool flexible) {
    if (value) {
      return text(*value, flexible);
    }
    if (flexible) {
      return unsigned_varint(0);
    }
    integer(int16_t{-1});
  }
  void bytes(const Blob& value, bool flexible) {
    length(value.size(), flexible);
    blob(value);
  }
  void bytes(const std::optional<Blob>& value, bool flexible) {
    if (value) {
      return bytes(*value, flexible);
    }
    null_length(flexible);
  }

  template <typename T>
  void array(const std::vector<T>& values, bool flexible) {
    length(values.size(), flexible);
    for (const T& value : values) {
      if constexpr (std::integral<T>) {
        integer(value);
      } else if constexpr (std::same_as<T, Uuid>) {
        uuid(value);
      } else if constexpr (std::same_as<T, Text>) {
        text(value, flexible);
      } else {
        bytes(value, flexible);
      }
    }
  }
  template <typename T>
  void array(const std::optional<std::vector<T>>& values, bool flexible) {
    if (values) {
      return array(*values, flexible);
    }
    null_length(flexible);
  }

  template <typename S>
  void structs(const std::vector<S>& values, bool flexible, int16_t version) {
    length(values.size(), flexible);
    for (const S& value : values) {
      value.write(*this, version);
    }
  }
  template <typename S>
  void structs(const std::optional<std::vector<S>>& values, bool flexible, int16_t version) {
    if (values) {
      return structs(*values, flexible, version);
    }
    null_length(flexible);
  }

  template <typename S>
  void nullable_struct(const std::optional<S>& value, int16_t version) {
    integer(value ? int8_t{1} : int8_t{-1});
    if (value) {
      value->write(*this, version);
    }
  }
  template <typename S>
  void tagged_struct(const std::optional<S>& value, int16_t version) {
    unsigned_varint(value ? 1 : 0);
    if (value) {
      value->write(*this, version);
    }
  }

  // Whether a field that may be null only in other versions is there; trouble if not.
  template <typename T>
  [[nodiscard]] bool has(const std::optional<T>& value, std::string_view field) {
    if (!value) {
      missing(field);
    }
    return value.has_value();
  }

  // The number and, once end_tag() knows it, the size of a tagged field; what is written between is its value.
  [[nodiscard]] size_t begin_tag(uint32_t number);
  void end_tag(size_t start);

  // The tagged fields of a struct that knows none.
  void tags(const UnknownTags& unknown) {
    unsigned_varint(unknown.size());
    if (!unknown.empty()) [[unlikely]] {
      unknown_tags(unknown, 0);
    }
  }
  // Numbers must ascend from `first` on.
  void unknown_tags(const UnknownTags& unknown, uint32_t first);

 private:
  static constexpr ptrdiff_t prefix_size = sizeof(int32_t);  // kept free for the size of a frame

  struct Splice {
    size_t position;  // in buffer_
    Blob blob;
  };

  // `size` bytes behind what was written, to be counted by the caller.
  [[nodiscard]] uint8_t* room(size_t size) {
    if (buffer_.size() - used_ < size) [[unlikely]] {
      grow(size);
    }
    return buffer_.data() + used_;
  }
  void grow(size_t size);
  void raw(ByteView bytes) {
    if (!bytes.empty()) {
      std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
      used_ += bytes.size();
    }
  }
  void blob(const Blob& value);
  void length(uint64_t size, bool flexible) {
    if (size > INT32_MAX) [[unlikely]] {
      return refuse(Errc::InvalidRequest, "a field over 2 GiB");
    }
    if (flexible) {
      return unsigned_varint(static_cast<uint32_t>(size) + 1);
    }
    integer(static_cast<int32_t>(size));
  }
  void null_length(bool flexible) {
    if (flexible) {
      return unsigned_varint(0);
    }
    integer(int32_t{-1});
  }
  void text_size(size_t size, bool flexible);
  void missing(std::string_view field);
  void refuse(Errc code, std::string message);
  [[nodiscard]] ByteChain take_chain(size_t from);

  Bytes buffer_;
  size_t used_ = prefix_size;
  std::vector<Splice> splices_;  // ascending by position
  uint64_t spliced_ = 0;         // bytes of all splices
  int tag_depth_ = 0;            // inside tagged fields, whose size must be known, Blobs are copied
  std::optional<Error> error_;
};

}  // namespace odradek::protocol
