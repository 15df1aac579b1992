#include "record/control_record.h"

#include "base/big_endian.h"
#include "record/batch_builder.h"

namespace odradek::record {
namespace {

constexpr size_t control_key_size = 4;
constexpr size_t marker_value_size = 6;

}  // namespace

Result<std::optional<ControlType>> parse_control_type(const RecordView& record) {
  if (!record.key || record.key->size() < control_key_size) {
    return fail(Errc::InvalidRecord, "a control record without a control key");
  }
  const auto version = load_big_endian<int16_t>(record.key->data());
  if (version < 0) {
    return fail(Errc::InvalidRecord, "a control key of a negative version");
  }
  const auto type = load_big_endian<int16_t>(record.key->data() + sizeof version);
  if (type < static_cast<int16_t>(ControlType::Abort) || type > static_cast<int16_t>(ControlType::KRaftVoters)) {
    return std::optional<ControlType>();
  }
  return std::optional(static_cast<ControlType>(type));
}

Bytes control_key(ControlType type) {
  Bytes key(control_key_size);
  store_big_endian(key.data(), int16_t{0});
  store_big_endian(key.data() + sizeof(int16_t), static_cast<int16_t>(type));
  return key;
}

Result<EndTransactionMarker> parse_marker(ControlType type, const RecordView& record) {
  if (type != ControlType::Abort && type != ControlType::Commit) {
    return fail(Errc::InvalidRecord, "a control record that ends no transaction");
  }
  if (!record.value || record.value->size() < marker_value_size || load_big_endian<int16_t>(record.value->data()) < 0) {
    return fail(Errc::InvalidRecord, "a transaction marker without its value");
  }
  return EndTransactionMarker{.commit = type == ControlType::Commit,
                              .coordinator_epoch = load_big_endian<int32_t>(record.value->data() + sizeof(int16_t))};
}

Bytes marker_value(const EndTransactionMarker& marker) {
  Bytes value(marker_value_size);
  store_big_endian(value.data(), int16_t{0});
  store_big_endian(value.data() + sizeof(int16_t), marker.coordinator_epoch);
  return value;
}

Bytes marker_batch(const EndTransactionMarker& marker, ProducerId producer, ProducerEpoch epoch, int64_t timestamp) {
  BatchOptions options;
  options.producer_id = producer;
  options.producer_epoch = epoch;
  options.is_transactional = true;
  options.is_control = true;
  BatchBuilder builder(options);
  const Bytes key = control_key(marker.commit ? ControlType::Commit : ControlType::Abort);
  const Bytes value = marker_value(marker);
  builder.append({.timestamp = timestamp, .key = key, .value = value, .headers = {}});
  return builder.finish();
}

Bytes control_batch(std::span<const ControlRecord> records, Offset base_offset, LeaderEpoch epoch, int64_t timestamp) {
  BatchOptions options;
  options.base_offset = base_offset;
  options.leader_epoch = epoch;
  options.is_control = true;
  BatchBuilder builder(options);
  for (const ControlRecord& record : records) {
    const Bytes key = control_key(record.type);
    builder.append({.timestamp = timestamp, .key = key, .value = record.value, .headers = {}});
  }
  return builder.finish();
}

}  // namespace odradek::record
