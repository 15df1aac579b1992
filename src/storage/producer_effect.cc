#include "storage/producer_effect.h"

#include <utility>

#include "record/batch_reader.h"
#include "record/control_record.h"

namespace odradek::storage {

namespace {

Result<ProducerEffect> control_effect(const record::BatchHeader& header, ByteView batch) {
  record::RecordReader reader(batch);
  TRY(const auto record, reader.next_record());
  if (!record) {
    return ProducerEffect{};  // compaction emptied it
  }
  TRY(const auto type, record::parse_control_type(*record));
  if (type != record::ControlType::Abort && type != record::ControlType::Commit) {
    return ProducerEffect{};
  }
  TRY(const record::EndTransactionMarker marker, record::parse_marker(*type, *record));
  return TransactionMarker{.id = header.producer_id,
                           .epoch = header.producer_epoch,
                           .coordinator_epoch = marker.coordinator_epoch,
                           .timestamp = header.max_timestamp,
                           .commits = marker.commit};
}

}  // namespace

bool needs_records(const record::BatchHeader& header) { return header.has_producer_id() && header.is_control(); }

Result<ProducerEffect> producer_effect(const record::BatchHeader& header, ByteView batch) {
  if (!header.has_producer_id()) {
    return ProducerEffect{};
  }
  if (!header.is_control()) {
    return ProducerWrite{.id = header.producer_id,
                         .epoch = header.producer_epoch,
                         .base_sequence = header.base_sequence,
                         .last_sequence = header.last_sequence(),
                         .offset_delta = header.last_offset_delta,
                         .timestamp = header.max_timestamp,
                         .transactional = header.is_transactional()};
  }
  Result<ProducerEffect> effect = control_effect(header, batch);
  if (!effect) {
    return fail(Errc::CorruptMessage, std::move(effect).error().message);
  }
  return effect;
}

std::optional<CompletedTransaction> apply(const ProducerEffect& effect, Offset first, ProducerTable& table) {
  if (const auto* write = std::get_if<ProducerWrite>(&effect)) {
    table.apply(*write, first);
    return std::nullopt;
  }
  if (const auto* marker = std::get_if<TransactionMarker>(&effect)) {
    return table.apply(*marker, first);
  }
  return std::nullopt;
}

}  // namespace odradek::storage
