// BatchCheck's other half: batches that are read and written anew.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "record/detail/batch_check.h"
#include "record/detail/plain_window.h"

namespace odradek::record::detail {

void BatchCheck::begin_rewrite() {
  phase_ = Phase::Rewrite;
  decompressor_.reset();
  window_ = {};
  rules_of_records_.restart();
  count_ = 0;

  const BatchHeader& header = first_.header;
  BatchOptions options;
  options.leader_epoch = context_.leader_epoch;
  options.codec = target_;
  options.levels = rules_.levels;
  options.timestamp_type = rules_.timestamp_type;
  options.log_append_time = context_.now_ms;
  options.producer_id = header.producer_id;
  options.producer_epoch = header.producer_epoch;
  options.base_sequence = header.base_sequence;
  options.is_transactional = header.is_transactional();
  rewriting_ = std::make_unique<Rewriting>(BatchScanner(input_.view()), BatchBuilder(options));
}

Result<> BatchCheck::rewrite(size_t budget) {
  std::optional<RecordReader>& reader = rewriting_->reader;
  for (size_t spent = 0; spent < budget;) {
    if (!reader) {
      TRY(const bool is_more, next_entry());
      if (!is_more) {
        return finish_rewrite();
      }
    }
    TRY(const ReadStep step, reader->next());
    switch (step) {
      case ReadStep::Record:
        spent += reader->record().size;
        TRY(rewrite_record(reader->record()));
        break;
      case ReadStep::Pause: spent += window_size; break;
      case ReadStep::End: reader.reset(); break;
    }
  }
  return {};
}

// Opens the next entry; false after the last one.
Result<bool> BatchCheck::next_entry() {
  std::optional<BatchEntry>& entry = rewriting_->entry;
  TRY(entry, rewriting_->scanner.next());
  const bool is_first = entry && entry->position == 0;
  if (!entry || (first_.header.magic >= 2 && !is_first)) {
    return false;
  }
  if (!is_first && (entry->header.magic >= 2 || entry->header.is_compressed())) {
    return fail(Errc::InvalidRecord, "a compressed set or batch must come alone");
  }
  TRY(check_entry(*entry));
  rewriting_->reader.emplace(entry->bytes,
                             RecordReaderOptions{.record_size_max = record_size_max(), .check_inner_crc = true});
  return true;
}

Result<> BatchCheck::rewrite_record(const RecordView& record) {
  rules_of_records_.check(count_, record.key.has_value(), record.timestamp, rewriting_->entry->header.timestamp_type());
  BatchBuilder& builder = rewriting_->builder;
  builder.append_at(Offset{count_}, record);
  ++count_;
  if (builder.size() > rules_.batch_size_max) {
    return fail(Errc::RecordTooLarge,
                fmt::format("The record batch size after conversion exceeds the maximum configured value of {}.",
                            rules_.batch_size_max));
  }
  return {};
}

Result<> BatchCheck::finish_rewrite() {
  TRY(rules_of_records_.verdict());
  const bool is_append_time = rules_.timestamp_type == TimestampType::LogAppendTime;
  batch_.max_timestamp_delta =
      is_append_time ? 0 : static_cast<int32_t>(rewriting_->builder.offset_of_max_timestamp().raw());
  const Blob bytes(rewriting_->builder.finish());
  if (bytes.size() > rules_.batch_size_max) {
    return fail(
        Errc::RecordTooLarge,
        fmt::format(
            "The record batch size after conversion is {} bytes which exceeds the maximum configured value of {}.",
            bytes.size(), rules_.batch_size_max));
  }
  std::copy_n(bytes.view().begin(), batch_header_size, batch_.header.begin());
  batch_.records = bytes.slice(batch_header_size, bytes.size() - batch_header_size);
  batch_.is_rewritten = true;
  batch_.place_at(Offset{0}, context_.leader_epoch);
  phase_ = Phase::Done;
  return {};
}

}  // namespace odradek::record::detail
