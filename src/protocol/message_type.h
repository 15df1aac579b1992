// What tools need to know of every message: its name, versions and fields as data.
//
// Requests on their way through the broker never touch this; it serves `odradek codec` and the tests.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/reader.h"
#include "protocol/writer.h"

namespace odradek::protocol {

enum class MessageKind : uint8_t { Request, Response, Header, Record };

enum class ValueKind : uint8_t {
  Boolean,
  Int8,
  Int16,
  Uint16,
  Int32,
  Uint32,
  Int64,
  Float64,
  Uuid,
  Text,
  Bytes,
  Struct
};

// An inclusive range of versions; empty if `last` is below `first`.
struct VersionRange {
  int16_t first;
  int16_t last;

  [[nodiscard]] constexpr bool contains(int16_t version) const { return version >= first && version <= last; }
  friend constexpr bool operator==(const VersionRange&, const VersionRange&) = default;
};

struct FieldType {
  std::string_view name;  // as in Kafka's JSON, such as "topicId"
  ValueKind kind;
  bool is_array;
  bool is_inflexible;  // keeps the old form of its length in flexible versions
  int32_t tag;         // -1: not a tagged field
  VersionRange versions;
  VersionRange nullable;
  std::string_view default_value;     // "null", a number, a boolean, a text; empty for zero and empty
  std::span<const FieldType> fields;  // of a struct
};

// A message read and written again, and the number of bytes behind it.
struct Transcoded {
  Bytes bytes;
  size_t left;
};

struct MessageType {
  std::string_view name;
  MessageKind kind;
  int16_t key;  // of the API, or the number of the record type; -1 for neither
  int16_t min_version;
  int16_t max_version;
  int16_t first_flexible_version;
  std::span<const FieldType> fields;
  Result<Transcoded> (*transcode)(ByteView bytes, int16_t version);
  Result<Bytes> (*encode_default)(int16_t version);
};

[[nodiscard]] std::span<const MessageType* const> all_message_types();

// By name, such as "FetchRequest" or "PartitionRecord"; null if there is none.
[[nodiscard]] const MessageType* find_message_type(std::string_view name);

template <typename Message>
Result<Transcoded> transcode(ByteView bytes, int16_t version) {
  Reader in(bytes);
  TRY(const Message message, Message::decode(in, version));
  Writer out;
  message.encode(out, version);
  TRY(Bytes written, std::move(out).finish_bytes());
  return Transcoded{std::move(written), in.remaining()};
}

template <typename Message>
Result<Bytes> encode_default(int16_t version) {
  Writer out;
  Message{}.encode(out, version);
  return std::move(out).finish_bytes();
}

}  // namespace odradek::protocol
