#include "storage/batch_filter.h"

#include <algorithm>
#include <utility>

#include "base/arithmetic.h"
#include "record/control_record.h"

namespace odradek::storage {

namespace {

// Between two pauses, in bytes of records.
constexpr size_t slice_bytes = 64 << 10;

}  // namespace

BatchFilter::BatchFilter(const FilterRules& rules, CleanedTransactions& transactions, const record::BatchHeader& header,
                         ByteView batch)
    : rules_(rules), transactions_(transactions), header_(header), batch_(batch) {}

Result<bool> BatchFilter::step() {
  switch (stage_) {
    case Stage::Begin: {
      TRY(begin());
      return stage_ == Stage::Done;
    }
    case Stage::Judging: return judge();
    case Stage::Writing: return write();
    case Stage::Done: return true;
  }
  unreachable();
}

Result<> BatchFilter::begin() {
  keeps_header_ = is_last_of_its_producer() || header_.next_offset() == rules_.upper_bound;
  if (header_.is_control()) {
    record::RecordReader reader(batch_);
    TRY(const auto first, reader.next_record());
    std::optional<record::ControlType> type;
    if (first) {
      TRY(type, record::parse_control_type(*first));
    }
    const CleanedTransactions::Marker marker = transactions_.end(header_, type, !first.has_value());
    marker_is_spent_ = marker.is_spent;
    ended_ = marker.ended;
    drops_records_ = marker.is_spent && header_.has_delete_horizon() && header_.base_timestamp <= rules_.now_ms;
  } else {
    drops_records_ = transactions_.is_aborted(header_);
  }
  if (drops_records_) {
    settle();
    return {};
  }
  reader_.emplace(batch_);
  stage_ = Stage::Judging;
  return {};
}

bool BatchFilter::is_last_of_its_producer() const {
  if (!header_.has_producer_id()) {
    return false;
  }
  const ProducerState* state = rules_.producers.find(header_.producer_id);
  if (state == nullptr) {
    return false;
  }
  // Of a producer that wrote nothing since its epoch was raised, the marker that raised it is all there is.
  return state->batches.empty() ? header_.is_control() && header_.producer_epoch == state->epoch
                                : header_.last_offset == state->last_offset();
}

bool BatchFilter::stays(const record::RecordView& record) const {
  if (header_.is_control() || record.offset >= rules_.map_end) {
    return true;
  }
  if (!record.key) {
    return false;
  }
  const auto last = rules_.map.find(*record.key);
  if (last && record.offset < *last) {
    return false;
  }
  if (record.value) {
    return true;
  }
  return header_.magic < 2 ? rules_.keeps_legacy_tombstones
                           : !header_.has_delete_horizon() || rules_.now_ms < header_.base_timestamp;
}

Result<bool> BatchFilter::judge() {
  size_t seen = 0;
  while (seen < slice_bytes) {
    TRY(const record::ReadStep step, reader_->next());
    if (step == record::ReadStep::Pause) {
      return false;
    }
    if (step == record::ReadStep::End) {
      settle();
      return stage_ == Stage::Done;
    }
    const record::RecordView& record = reader_->record();
    const bool stays_here = stays(record);
    stays_.push_back(stays_here);
    if (stays_here) {
      // A set of format v0 or v1 says where its last record is, not its first.
      const bool is_in_range =
          header_.magic < 2 || (record.offset >= header_.base_offset && record.offset <= header_.last_offset);
      can_be_written_ = can_be_written_ && is_in_range && record.offset > last_staying_;
      last_staying_ = record.offset;
    }
    staying_ += stays_here ? 1 : 0;
    has_tombstones_ = has_tombstones_ || (stays_here && !record.value);
    seen += record.size;
  }
  return false;
}

void BatchFilter::settle() {
  stage_ = Stage::Done;
  if (staying_ == 0) {
    if (!keeps_header_) {
      fate_ = BatchFate::Dropped;
    } else if (stays_.empty() && header_.record_count == 0) {
      fate_ = BatchFate::Kept;  // it is a header alone already
    } else {
      replace_by_header();
    }
    return;
  }
  const bool needs_horizon =
      header_.magic >= 2 && (has_tombstones_ || marker_is_spent_) && !header_.has_delete_horizon();
  if (staying_ == stays_.size() && !needs_horizon) {
    fate_ = BatchFate::Kept;
    return;
  }
  if (needs_horizon) {
    horizon_ = saturating_add(rules_.now_ms, rules_.delete_retention_ms);  // it may be for ever
  } else if (header_.has_delete_horizon()) {
    horizon_ = header_.base_timestamp;
  }
  fate_ = BatchFate::Replaced;
  reader_.emplace(batch_);
  stage_ = Stage::Writing;
}

Result<bool> BatchFilter::write() {
  if (!can_be_written_) {
    return fail(Errc::InvalidRecord, "a batch whose records are not in the order of their offsets");
  }
  size_t seen = 0;
  while (seen < slice_bytes) {
    TRY(const record::ReadStep step, reader_->next());
    if (step == record::ReadStep::Pause) {
      return false;
    }
    if (step == record::ReadStep::End) {
      // The last offset stays, for with it the last sequence number of the batch does.
      replacement_ = header_.magic >= 2 ? builder_->finish(header_.last_offset) : builder_->finish();
      stage_ = Stage::Done;
      return true;
    }
    const record::RecordView& record = reader_->record();
    if (stays_[written_]) {
      if (!builder_) {
        begin_writing();
      }
      builder_->append_at(record.offset, record);
    }
    ++written_;
    seen += record.size;
  }
  return false;
}

// A set of format v0 or v1 becomes a batch of format v2: the records are the same.
void BatchFilter::begin_writing() {
  const bool is_legacy = header_.magic < 2;
  const bool stamps = header_.timestamp_type() == record::TimestampType::LogAppendTime;
  record::BatchOptions options;
  options.base_offset = is_legacy ? reader_->record().offset : header_.base_offset;
  options.leader_epoch = header_.leader_epoch;
  options.codec = header_.codec().value_or(record::Codec::None);
  options.levels = rules_.levels;
  options.timestamp_type = stamps ? record::TimestampType::LogAppendTime : record::TimestampType::CreateTime;
  options.log_append_time = stamps ? header_.max_timestamp : no_timestamp;
  options.producer_id = header_.producer_id;
  options.producer_epoch = header_.producer_epoch;
  options.base_sequence = header_.base_sequence;
  options.is_transactional = header_.is_transactional();
  options.is_control = header_.is_control();
  options.delete_horizon = horizon_;
  builder_.emplace(options);
}

void BatchFilter::replace_by_header() {
  record::BatchHeader fields = header_;
  fields.attributes = static_cast<int16_t>(
      header_.attributes & (record::log_append_time_bit | record::transactional_bit | record::control_bit));
  if (header_.magic < 2) {
    fields.base_offset = header_.last_offset;
    fields.attributes = static_cast<int16_t>(fields.attributes & record::log_append_time_bit);
  }
  fields.last_offset_delta = static_cast<int32_t>(fields.last_offset - fields.base_offset);
  fields.base_timestamp = no_timestamp;
  fields.record_count = 0;
  replacement_.resize(record::batch_header_size);
  record::write_batch_header(fields, {}, replacement_);
  fate_ = BatchFate::Replaced;
}

}  // namespace odradek::storage
