// Reads the fields of a message from a frame, checking every length before believing it.
//
// The first trouble is kept and ends the reading: everything after it reads as nothing, so callers need to look
// only once, at outcome(). Texts, bytes and unknown tags are views of the frame, which must outlive what was
// read; if the frame is a Blob with an owner, the Blobs read from it keep that owner alive.
//
// Memory: an array is refused before it is allocated when the frame cannot hold that many elements, and all
// arrays and unknown tags together may take at most `array_memory_factor` times the size of the frame and
// `array_memory_floor`, except in what we wrote ourselves.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
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

// What precedes the value of a tagged field. Kafka believes the size only for tags that it does not know.
struct Tag {
  uint32_t number;
  uint32_t size;
};

class Reader {
 public:
  static constexpr size_t array_memory_factor = 16;
  static constexpr size_t array_memory_floor = 256 * 1024;
  static constexpr int32_t text_size_max = 32767;

  explicit Reader(ByteView bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()), array_memory_left_(array_memory(bytes.size())) {}
  explicit Reader(const Blob& frame) : Reader(frame.view()) { owner_ = frame.owner(); }

  // For what this broker writes and must be able to read again: whoever wrote it had the memory for it.
  [[nodiscard]] static Reader of_our_own(ByteView bytes) {
    Reader reader(bytes);
    reader.array_memory_left_ = std::numeric_limits<size_t>::max();
    return reader;
  }

  // Of all arrays and unknown tags that are still to be read, together.
  void limit_array_elements(size_t max) { array_elements_left_ = max; }

  [[nodiscard]] bool ok() const { return error_ == nullptr; }
  [[nodiscard]] size_t remaining() const { return ok() ? static_cast<size_t>(end_ - at_) : 0; }

  // Success, or Errc::MalformedMessage with the first trouble.
  [[nodiscard]] Result<> outcome() const {
    if (ok()) [[likely]] {
      return {};
    }
    return fail(Errc::MalformedMessage, error_);
  }

  // The next bytes are not what the message says; `why` must be a literal.
  void refuse(const char* why) {
    if (ok()) {
      error_ = why;
      at_ = end_;
    }
  }

  template <std::integral T>
  void integer(T& value) {
    if (has(sizeof(T))) [[likely]] {
      value = load_big_endian<T>(at_);
      at_ += sizeof(T);
    }
  }
  void boolean(bool& value) {
    uint8_t byte = 0;
    integer(byte);
    value = byte != 0;
  }
  void float64(double& value) {
    uint64_t bits = 0;
    integer(bits);
    value = std::bit_cast<double>(bits);
  }
  void uuid(Uuid& value) {
    if (has(Uuid::byte_size)) [[likely]] {
      value = Uuid(load_big_endian<uint64_t>(at_), load_big_endian<uint64_t>(at_ + 8));
      at_ += Uuid::byte_size;
    }
  }
  [[nodiscard]] uint32_t unsigned_varint() {
    if (at_ != end_ && *at_ < 0x80) [[likely]] {
      return *at_++;
    }
    return long_unsigned_varint();
  }

  // `flexible` picks the form of the length: an unsigned varint one above it, or a fixed-size integer.
  // Without std::optional, null is refused. Text that is not UTF-8 is kept with U+FFFD in place of what is not.
  void text(Text& value, bool flexible) {
    const int32_t size = text_size(flexible);
    if (size < 0) [[unlikely]] {
      return refuse("null where text is required");
    }
    take_text(value, size);
  }
  void text(std::optional<Text>& value, bool flexible) {
    const int32_t size = text_size(flexible);
    if (size < 0) {
      return value.reset();
    }
    take_text(value.emplace(), size);
  }
  void bytes(Blob& value, bool flexible) {
    const int32_t size = length(flexible);
    if (size < 0) [[unlikely]] {
      return refuse("null where bytes are required");
    }
    take_bytes(value, size);
  }
  void bytes(std::optional<Blob>& value, bool flexible) {
    const int32_t size = length(flexible);
    if (size < 0) {
      return value.reset();
    }
    take_bytes(value.emplace(), size);
  }

  // Arrays of numbers, texts and uuids.
  template <typename T>
  void array(std::vector<T>& values, bool flexible) {
    const int32_t count = length(flexible);
    if (count < 0) [[unlikely]] {
      return refuse("null where an array is required");
    }
    take_array(values, count, flexible);
  }
  template <typename T>
  void array(std::optional<std::vector<T>>& values, bool flexible) {
    const int32_t count = length(flexible);
    if (count < 0) {
      return values.reset();
    }
    take_array(values.emplace(), count, flexible);
  }

  // Arrays of structs that take at least `least_size` bytes each.
  template <typename S>
  void structs(std::vector<S>& values, bool flexible, size_t least_size, int16_t version) {
    const int32_t count = length(flexible);
    if (count < 0) [[unlikely]] {
      return refuse("null where an array is required");
    }
    take_structs(values, count, least_size, version);
  }
  template <typename S>
  void structs(std::optional<std::vector<S>>& values, bool flexible, size_t least_size, int16_t version) {
    const int32_t count = length(flexible);
    if (count < 0) {
      return values.reset();
    }
    take_structs(values.emplace(), count, least_size, version);
  }

  // The count of an array whose elements the caller reads one by one; none for null. `memory` is what one takes.
  [[nodiscard]] std::optional<size_t> array_count(bool flexible, size_t memory) {
    const int32_t count = length(flexible);
    if (count < 0 || !may_hold(static_cast<size_t>(count), 1, memory)) {
      return std::nullopt;
    }
    return static_cast<size_t>(count);
  }

  // A marker byte, negative for null, and the struct.
  template <typename S>
  void nullable_struct(std::optional<S>& value, int16_t version) {
    int8_t marker = -1;
    integer(marker);
    take_struct(value, marker >= 0, version);
  }
  // In a tagged field the marker is an unsigned varint, zero for null.
  template <typename S>
  void tagged_struct(std::optional<S>& value, int16_t version) {
    take_struct(value, unsigned_varint() != 0, version);
  }

  // The tagged fields of a struct that knows none.
  void tags(UnknownTags& unknown) {
    if (at_ != end_ && *at_ == 0) [[likely]] {
      ++at_;
      return;
    }
    for (uint32_t left = unsigned_varint(); left != 0 && ok(); --left) {
      unknown_tag(unknown, tag());
    }
  }
  [[nodiscard]] Tag tag() {
    const uint32_t number = unsigned_varint();
    const uint32_t size = unsigned_varint();
    return {number, size};
  }
  void unknown_tag(UnknownTags& unknown, Tag tag);
  // A tag that only later versions have.
  void foreign_tag(Tag /*tag*/) { refuse("a tagged field that this version does not have"); }

 private:
  static constexpr size_t array_memory(size_t frame) { return frame * array_memory_factor + array_memory_floor; }

  [[nodiscard]] bool has(size_t size) {
    if (static_cast<size_t>(end_ - at_) >= size) [[likely]] {
      return true;
    }
    refuse("the message ends too early");
    return false;
  }
  [[nodiscard]] uint32_t long_unsigned_varint();

  // Any negative number stands for null.
  [[nodiscard]] int32_t length(bool flexible) {
    if (flexible) {
      return static_cast<int32_t>(unsigned_varint() - 1);
    }
    int32_t size = -1;
    integer(size);
    return size;
  }
  [[nodiscard]] int32_t text_size(bool flexible) {
    if (!flexible) {
      int16_t size = -1;
      integer(size);
      return size;
    }
    const auto size = static_cast<int32_t>(unsigned_varint() - 1);
    if (size > text_size_max) [[unlikely]] {
      refuse("a text longer than 32767 bytes");
      return 0;
    }
    return size;
  }
  void take_text(Text& value, int32_t size);
  void take_bytes(Blob& value, int32_t size) {
    if (has(static_cast<size_t>(size))) [[likely]] {
      value = Blob(owner_, ByteView(at_, static_cast<size_t>(size)));
      at_ += size;
    }
  }

  // Whether `count` elements of `size` bytes of memory, each at least `least_size` on the wire, may be allocated.
  [[nodiscard]] bool may_hold(size_t count, size_t least_size, size_t size);
  [[nodiscard]] bool may_take(size_t memory);

  template <typename T>
  void take_array(std::vector<T>& values, int32_t count, [[maybe_unused]] bool flexible) {
    values.clear();
    const auto wanted = static_cast<size_t>(count);
    if constexpr (std::integral<T>) {
      if (may_hold(wanted, sizeof(T), sizeof(T))) {
        values.resize(wanted);
        for (T& value : values) {
          value = load_big_endian<T>(at_);
          at_ += sizeof(T);
        }
      }
    } else if constexpr (std::same_as<T, Uuid>) {
      if (may_hold(wanted, Uuid::byte_size, sizeof(Uuid))) {
        values.resize(wanted);
        for (Uuid& value : values) {
          uuid(value);
        }
      }
    } else if (may_hold(wanted, flexible ? 1 : 2, sizeof(T))) {
      values.resize(wanted);
      for (T& value : values) {
        if constexpr (std::same_as<T, Text>) {
          text(value, flexible);
        } else {
          bytes(value, flexible);
        }
      }
    }
  }
  template <typename S>
  void take_structs(std::vector<S>& values, int32_t count, size_t least_size, int16_t version) {
    values.clear();
    if (!may_hold(static_cast<size_t>(count), least_size, sizeof(S))) {
      return;
    }
    values.resize(static_cast<size_t>(count));
    for (S& value : values) {
      value.read(*this, version);
      if (!ok()) [[unlikely]] {
        return;
      }
    }
  }
  template <typename S>
  void take_struct(std::optional<S>& value, bool is_present, int16_t version) {
    if (!is_present) {
      return value.reset();
    }
    value.emplace().read(*this, version);
  }

  const uint8_t* at_;
  const uint8_t* end_;
  const char* error_ = nullptr;
  size_t array_memory_left_;
  size_t array_elements_left_ = std::numeric_limits<size_t>::max();
  std::shared_ptr<const void> owner_;  // of the frame; null if somebody else keeps it
};

// Errc::UnsupportedVersion if `version` is not one of `first` to `last`.
[[nodiscard]] Result<> check_version(int16_t version, int16_t first, int16_t last, std::string_view message);

}  // namespace odradek::protocol
