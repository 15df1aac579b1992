#include "coordinator/group/group_records.h"

#include <type_traits>

#include <fmt/format.h>

#include "base/big_endian.h"
#include "base/ensure.h"
#include "protocol/reader.h"
#include "protocol/records/legacy_offset_commit.h"
#include "protocol/writer.h"

namespace odradek::coordinator {

namespace {

using machine::LogRecord;
using machine::LogRecordView;
using protocol::Reader;
using protocol::Writer;

constexpr size_t prefix_size = sizeof(int16_t);  // of the key's type and of the value's version

// Most keys and values of committed offsets are no longer than this, and many are in hand at once.
constexpr size_t expected_size = 56;

// Kafka writes the tagged form of offsets since 4.1, and the old one where the client said how long to keep them.
int16_t version_of(const protocol::OffsetCommitValue& value) { return value.expire_timestamp == -1 ? 4 : 1; }
int16_t version_of(const protocol::GroupMetadataValue&) { return 3; }
template <typename Value>
int16_t version_of(const Value&) {
  return 0;
}

template <typename Message>
Bytes encode(int16_t prefix, const Message& message, int16_t version) {
  Writer out(expected_size);
  out.integer(prefix);
  message.encode(out, version);
  Result<Bytes> bytes = std::move(out).finish_bytes();
  ensure(bytes.has_value(), "a group record that its version cannot carry");
  return *std::move(bytes);
}

template <typename Message>
Result<Message> decode(ByteView bytes, int16_t version) {
  Reader in = Reader::of_our_own(bytes.subspan(prefix_size));
  Result<Message> message = Message::decode(in, version);
  if (!message) {
    return fail(Errc::CorruptMessage, fmt::format("a group record does not decode: {}", message.error().message));
  }
  return message;
}

int16_t prefix_of(ByteView bytes) { return load_big_endian<int16_t>(bytes.data()); }

template <typename Key, typename Value>
Result<std::optional<Change<Key, Value>>> decode_as(const LogRecordView& record) {
  Change<Key, Value> change;
  TRY(change.key, decode<Key>(*record.key, 0));
  if (record.value) {
    if (record.value->size() < prefix_size) {
      return fail(Errc::CorruptMessage, "a group record's value is shorter than its version");
    }
    TRY(change.value, decode<Value>(*record.value, prefix_of(*record.value)));
  }
  return change;
}

template <typename ChangeType>
Result<std::optional<GroupChange>> decode_change_as(const LogRecordView& record) {
  TRY(std::optional<ChangeType> change, (decode_as<typename ChangeType::Key, typename ChangeType::Value>(record)));
  return GroupChange(*std::move(change));
}

// As the kind of change whose key has this type, if there is one.
template <typename... Changes>
Result<std::optional<GroupChange>> decode_one_of(int16_t type, const LogRecordView& record,
                                                 std::type_identity<std::variant<Changes...>>) {
  Result<std::optional<GroupChange>> decoded = std::optional<GroupChange>();
  [[maybe_unused]] const bool is_known =
      ((type == Changes::Key::record_type && (decoded = decode_change_as<Changes>(record), true)) || ...);
  return decoded;
}

// Type 0, which no Kafka since 0.9 has written.
Result<std::optional<GroupChange>> decode_legacy_offset(const LogRecordView& record) {
  TRY(auto legacy, (decode_as<protocol::LegacyOffsetCommitKey, protocol::LegacyOffsetCommitValue>(record)));
  OffsetChange change;
  change.key.group = std::move(legacy->key.group);
  change.key.topic = std::move(legacy->key.topic);
  change.key.partition = legacy->key.partition;
  if (legacy->value) {
    change.value.emplace();
    change.value->offset = legacy->value->offset;
    change.value->metadata = std::move(legacy->value->metadata);
    change.value->commit_timestamp = legacy->value->commit_timestamp;
  }
  return GroupChange(std::move(change));
}

}  // namespace

Result<std::optional<GroupChange>> decode_change(const LogRecordView& record) {
  if (!record.key || record.key->size() < prefix_size) {
    return fail(Errc::CorruptMessage, "a group record without a key");
  }
  const int16_t type = prefix_of(*record.key);
  if (type == protocol::LegacyOffsetCommitKey::record_type) {
    return decode_legacy_offset(record);
  }
  return decode_one_of(type, record, std::type_identity<GroupChange>());
}

LogRecord encode_change(const GroupChange& change) {
  return std::visit(
      []<typename Key, typename Value>(const Change<Key, Value>& one) {
        LogRecord record{.key = encode(Key::record_type, one.key, 0), .value = {}};
        if (one.value) {
          const int16_t version = version_of(*one.value);
          record.value = encode(version, *one.value, version);
        }
        return record;
      },
      change);
}

}  // namespace odradek::coordinator
